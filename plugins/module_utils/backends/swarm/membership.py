"""Membership of one swarm, which is known by its id: who is in it, who is in another, and what a node lacks."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.docker.units import NANO_CPUS
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: Port on which managers listen for members (https://docs.docker.com/engine/swarm/swarm-tutorial/).
MANAGEMENT_PORT = 2377


def owners(swarm: dict) -> list[str]:
    """Return the prefixes of the clusters that use a swarm, as ``inspect_swarm()`` has it."""
    label = (swarm["Spec"].get("Labels") or {}).get(CLUSTER_LABEL, "")
    return [prefix for prefix in label.split(",") if prefix]


def remote_managers(swarm: dict) -> list[str]:
    """Return the addresses of the managers that a node of a swarm knows."""
    return sorted(manager["Addr"] for manager in swarm.get("RemoteManagers") or [])


def membership(swarm: dict, node_ids: t.Collection[str]) -> t.Literal["none", "member", "foreign"]:
    """Say what a host is to the swarm that consists of ``node_ids``, from its engine's ``info()["Swarm"]``."""
    if swarm["LocalNodeState"] == "inactive":
        return "none"
    # A member that has lost its managers for a moment is no stranger: whether it is ready is theirs to say.
    return "member" if swarm["NodeID"] and swarm["NodeID"] in node_ids else "foreign"


def foreign_swarm(name: str, swarm: dict, remedy: str) -> FestivalError:
    """Return the error for a host that is in a swarm which is not this one."""
    cluster = (swarm.get("Cluster") or {}).get("ID") or "unknown"
    managers = ", ".join(remote_managers(swarm)) or "none that it knows"
    state = swarm["LocalNodeState"]
    fault = f" ({swarm['Error']})" if swarm.get("Error") else ""
    return FestivalError(
        f"Host {name} is in another swarm (id {cluster}, managers: {managers}, its state there: {state}{fault}). {remedy}"
    )


def summarise(node: dict) -> dict:
    """Return what matters of a node as the engine describes it."""
    has = node["Description"].get("Resources") or {}
    return {
        "id": node["ID"],
        "hostname": node["Description"]["Hostname"],
        "role": node["Spec"]["Role"],
        "availability": node["Spec"]["Availability"],
        "labels": node["Spec"].get("Labels") or {},
        "state": node["Status"]["State"],
        "message": node["Status"].get("Message", ""),
        "address": node["Status"].get("Addr", ""),
        "leader": (node.get("ManagerStatus") or {}).get("Leader", False),
        "manages": (node.get("ManagerStatus") or {}).get("Reachability") == "reachable",
        "cpus": has.get("NanoCPUs", 0) / NANO_CPUS or None,
        "memory_bytes": has.get("MemoryBytes"),
    }


def list_nodes(client: t.Any) -> dict[str, dict]:
    """Return the nodes of this manager's swarm by id. Names are not keys: two nodes may share one."""
    with docker_errors("Listing the nodes of the swarm"):
        return {node["ID"]: summarise(node) for node in client.nodes()}


def node_changes(node: dict, wanted: dict) -> dict:
    """Return the parts of a node's spec that have to change; labels that are not named here are left alone."""
    changes = {key: wanted[key] for key in ("role", "availability") if wanted.get(key) and wanted[key] != node[key]}
    labels = {key: str(value) for key, value in (wanted.get("labels") or {}).items()}
    if any(node["labels"].get(key) != value for key, value in labels.items()):
        changes["labels"] = {**node["labels"], **labels}
    return changes


def ghosts(nodes: dict[str, dict], members: t.Collection[str]) -> list[str]:
    """Return ids of nodes whose host has come back under one of the ``members``' ids.

    A node of a member's name is such a ghost when it is down, or when it was seen at the member's own address: the managers
    notice that a host has left only after some heartbeats. Two machines that share a name have different addresses.
    """
    back = [nodes[member] for member in members if member in nodes]
    names = {node["hostname"] for node in back}
    places = {(node["hostname"], node["address"]) for node in back if node["state"] == "ready"}
    return sorted(
        node["id"]
        for node in nodes.values()
        if node["id"] not in members
        and node["hostname"] in names
        and (node["state"] == "down" or (node["hostname"], node["address"]) in places)
    )


def update_node(client: t.Any, node_id: str, changes: dict) -> None:
    """Bring a node's spec up to date. The version is read anew: another manager may have written meanwhile."""
    with docker_errors(f"Updating node {node_id}"):
        current = client.inspect_node(node_id)
        spec = {**current["Spec"], **{key.capitalize(): value for key, value in changes.items()}}
        client.update_node(node_id, current["Version"]["Index"], spec)


_REMEDIES = {
    "ready": "See that ports 2377/tcp, 7946/tcp+udp and 4789/udp are open between the hosts, and the engine's log there.",
    "down": "A node can be forgotten once its host has left: run playbooks/leave.yml on it, or switch it off.",
}


def _lacks(node: dict | None, state: str, role: str | None) -> str:
    """Say what a node is short of; empty when nothing. A role in a node's spec takes effect seconds later. Private."""
    if node is None:
        return "is not in the swarm"
    if node["state"] != state:
        return f"is {node['state']} {node['message']}".rstrip()
    if role and node["manages"] != (role == "manager"):
        return f"is not yet a {role}"
    return ""


def wait_for_nodes(
    client: t.Any, node_ids: t.Collection[str], state: str, timeout: float, roles: dict[str, str] | None = None
) -> dict[str, dict]:
    """Wait until every node is in ``state`` and does act in its role; raise FestivalError with what each laggard says."""

    def lagging(nodes: dict[str, dict]) -> dict[str, str]:
        lacks = {node: _lacks(nodes.get(node), state, (roles or {}).get(node)) for node in node_ids}
        return {node: lack for node, lack in lacks.items() if lack}

    reached, nodes = wait_until(lambda: list_nodes(client), lambda seen: not lagging(seen), timeout)
    if reached:
        return nodes
    reports = "; ".join(
        f"node {nodes[node]['hostname']} (id {node}) {lack}" if node in nodes else f"node {node} {lack}"
        for node, lack in lagging(nodes).items()
    )
    raise FestivalError(f"After {timeout:g} s not every node is {state}: {reports}. {_REMEDIES[state]}")
