"""Whether the overlay networks reach a node. Its state does not say: one that is cut off is ready, and its tasks run.

An engine lists under each overlay network that it has the nodes that it knows there by gossip, itself among them; every node
has ``ingress``, whatever runs on it. An engine that takes no part in the gossip lists nobody.
"""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import list_nodes
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import NotFound, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.names import JOB_LABEL
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: Seconds in which the others have heard of a node that has just joined; it took up to 2 on a lab.
HEARD_OF = 20


def peers(client: t.Any) -> set[str] | None:
    """Return the addresses of the nodes that this engine's overlay networks reach; None where there is no such network."""
    found: set[str] = set()
    with docker_errors("Looking at the overlay networks"):
        networks = client.networks(filters={"driver": "overlay"})
        for network in networks:
            try:
                found |= {peer["IP"] for peer in client.inspect_network(network["Id"]).get("Peers") or []}
            except NotFound:
                # The engine drops a network whose last container has ended.
                continue
    return found if networks else None


def judge(known: set[str] | None, own: str, addresses: dict[str, str]) -> list[str]:
    """Return the ids of the nodes that are cut off, of those whose ``addresses`` are told (node id → address).

    ``known`` is what the engine of node ``own`` knows. One that knows nobody is cut off itself, and no witness against others.
    """
    if known is None:
        return []
    if not known:
        return [own]
    return sorted(node for node, address in addresses.items() if address not in known)


def cut_off(client: t.Any, addresses: dict[str, str], patience: float = HEARD_OF) -> list[str]:
    """Return the ids of the nodes that the overlay networks do not reach after ``patience`` seconds, as this manager sees it."""
    with docker_errors("Asking the engine for its node"):
        own = client.info()["Swarm"]["NodeID"]
    return wait_until(lambda: judge(peers(client), own, addresses), lambda missed: not missed, patience)[1]


def jobs_on(client: t.Any, nodes: t.Collection[str]) -> list[str]:
    """Return the jobs whose masters run on these nodes."""
    with docker_errors("Looking for the masters of jobs"):
        masters = {service["ID"]: service["Spec"]["Labels"] for service in client.services({"label": JOB_LABEL})}
        tasks = client.tasks({"node": list(nodes), "desired-state": "running"}) if masters else []
    return sorted(masters[task["ServiceID"]][JOB_LABEL] for task in tasks if task["ServiceID"] in masters)


def spare_masters(client: t.Any, node: str, name: str) -> None:
    """Raise FestivalError where a restart of the engine of ``name``, which would heal it, would end a job's master there."""
    with docker_errors("Asking the engine for its swarm"):
        manages = client.info()["Swarm"]["ControlAvailable"]
    # Masters run on managers only, and only they are told of services.
    jobs = jobs_on(client, [node]) if manages else []
    if jobs:
        raise FestivalError(
            f"Host {name} is cut off from the overlay networks. A restart of its engine heals that, and would end the master of job "
            f"{', '.join(jobs)}: wait for its end or stop it (playbooks/stop.yml), and run again."
        )


def refuse(client: t.Any, missed: t.Collection[str], tolerant: bool) -> None:
    """Raise FestivalError where nodes are cut off; where that is tolerated, only if a restart can't heal them now."""
    nodes = list_nodes(client) if missed else {}
    names = {node: nodes[node]["hostname"] if node in nodes else node for node in missed}
    for node, name in names.items():
        spare_masters(client, node, name)
    if names and not tolerant:
        raise FestivalError(
            f"Cut off from the overlay networks, though the swarm calls them ready: {', '.join(names.values())}. Their containers "
            "reach no others. See that 7946/tcp+udp and 4789/udp are open between the hosts and that nothing but the engine "
            "listens there, restart the engine (systemctl restart docker), and run again."
        )
