"""A cluster as its manager sees it: hosts, pools, networks and the registry. Only asks."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import (
    OWNER_LABEL,
    list_nodes,
    summarise,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.peers import judge, peers
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.pool import (
    SLOTS_LABEL,
    describe,
    describe_failures,
    wanted_tasks,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.service import tasks_of
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors

#: Label of the registry's container: the recipe by which the role registry has set it up.
REGISTRY_LABEL = "festival.recipe"

#: What is said of a host that the overlay networks do not reach.
CUT_OFF = "cut off: its containers reach no others. playbooks/provision.yml heals it."

#: What a host of the inventory lacks that is not in the swarm.
NO_NODE = {
    "id": None,
    "hostname": None,
    "role": None,
    "availability": None,
    "state": None,
    "message": "",
    "address": "",
    "leader": False,
    "manages": False,
    "labels": {},
    "engine_version": None,
    "cpus": None,
    "memory_bytes": None,
}


def describe_node(node: dict) -> dict:
    """Return a node with what its engine told the swarm."""
    told = node["Description"]
    resources = told.get("Resources") or {}
    return {
        **summarise(node),
        "engine_version": (told.get("Engine") or {}).get("EngineVersion"),
        "cpus": resources.get("NanoCPUs", 0) / 1e9 or None,
        "memory_bytes": resources.get("MemoryBytes"),
    }


def describe_engine(info: dict) -> dict:
    """Return the one host of an engine that is in no swarm, or that is not asked as a manager."""
    return {
        **NO_NODE,
        "id": info["Swarm"].get("NodeID") or None,
        "hostname": info["Name"],
        "address": info["Swarm"].get("NodeAddr", ""),
        "engine_version": info["ServerVersion"],
        "cpus": float(info["NCPU"]),
        "memory_bytes": info["MemTotal"],
    }


def find_node(host: dict, nodes: list[dict]) -> dict | None:
    """Return the node that a host of the inventory is: by its node id, else by its address, else by its name."""
    name = host["name"].replace("_", "-").lower()
    tests = (
        lambda node: node["id"] and node["id"] == host["node_id"],
        lambda node: node["address"] and node["address"] == host["address"],
        lambda node: node["hostname"].replace("_", "-").lower() == name,
    )
    # A host that says which node it is, is no other: a machine that was made anew is not its own ghost.
    for test in tests[:1] if host["node_id"] else tests[1:]:
        found = [node for node in nodes if test(node)]
        if found:
            return next((node for node in found if node["state"] == "ready"), found[0])
    return None


def merge(inventory: list[dict], nodes: list[dict]) -> list[dict]:
    """Return the inventory's hosts with their nodes, and after them the nodes that the inventory does not know."""
    hosts, known = [], []
    for host in inventory:
        node = find_node(host, [node for node in nodes if node not in known])
        known += [node] if node else []
        hosts.append(
            {**(node or NO_NODE), "name": host["name"], "reachable": host["reachable"], "remark": host["remark"]}
        )
    rest = [node for node in nodes if node not in known]
    return hosts + [{**node, "name": None, "reachable": None, "remark": ""} for node in rest]


def mark_cut_off(hosts: list[dict], inventory: list[dict], known: set[str] | None, own: str) -> list[dict]:
    """Return the hosts, each with whether it is cut off and a remark where it is; ``known`` is what the engine of node ``own`` knows."""
    told = {host["name"]: host["address"] for host in inventory}
    # A host of several addresses may speak to its managers from another than the one that the others know.
    addresses = {
        host["id"]: next((each for each in (told.get(host["name"]), host["address"]) if each in (known or ())), "")
        for host in hosts
        if host["state"] == "ready"
    }
    missed = judge(known, own, addresses)
    return [
        {
            **host,
            "cut_off": host["id"] in missed,
            "remark": CUT_OFF if host["id"] in missed and not host["remark"] else host["remark"],
        }
        for host in hosts
    ]


def describe_pool(service: dict, tasks: list[dict], nodes: dict[str, dict], networks: dict[str, str]) -> dict:
    """Return a pool of the swarm: what is wanted, what runs, and what the engine says where that is less."""
    spec = service["Spec"]
    template, replicated = spec["TaskTemplate"], spec["Mode"].get("Replicated")
    found = describe(spec["Name"], tasks, int(spec["Labels"][SLOTS_LABEL]), nodes)
    replicas = replicated["Replicas"] if replicated else len(wanted_tasks(tasks))
    return {
        **found,
        "mode": "replicated" if replicated else "global",
        "replicas": replicas,
        "image": template["ContainerSpec"]["Image"],
        "networks": [networks.get(each["Target"], each["Target"]) for each in template.get("Networks") or []],
        "problems": describe_failures(tasks, nodes).splitlines() if found["containers"] < replicas else [],
    }


def describe_network(network: dict) -> dict:
    """Return a network."""
    return {
        "name": network["Name"],
        "driver": network["Driver"],
        "subnets": [each["Subnet"] for each in (network.get("IPAM") or {}).get("Config") or []],
        "encrypted": "encrypted" in (network.get("Options") or {}),
    }


def describe_registry(client: t.Any) -> dict | None:
    """Return the registry that runs on this host."""
    with docker_errors("Looking for the registry"):
        found = client.containers(all=True, filters={"label": REGISTRY_LABEL})
    if not found:
        return None
    ports = [port["PublicPort"] for port in found[0].get("Ports") or [] if port.get("PublicPort")]
    return {
        "name": found[0]["Names"][0].lstrip("/"),
        "state": found[0]["State"],
        "status": found[0]["Status"],
        "image": found[0]["Image"],
        "port": ports[0] if ports else None,
    }


def swarm_pools(client: t.Any, networks: dict[str, str]) -> list[dict]:
    """Return the pools of the swarm."""
    with docker_errors("Listing the pools"):
        services = client.services({"label": SLOTS_LABEL})
    nodes = list_nodes(client) if services else {}
    return [
        describe_pool(service, tasks_of(client, service["Spec"]["Name"]), nodes, networks)
        for service in sorted(services, key=lambda service: service["Spec"]["Name"])
    ]


def container_pools(client: t.Any, host: str) -> list[dict]:
    """Return the worker containers of one engine (backend docker) as pools, one for each network."""
    with docker_errors("Listing the worker containers"):
        containers = client.containers(all=True, filters={"label": SLOTS_LABEL})
    pools: dict[str, list[dict]] = {}
    for container in containers:
        pools.setdefault(",".join(sorted(container["NetworkSettings"]["Networks"])), []).append(container)
    return [_describe_containers(network, members, host) for network, members in sorted(pools.items())]


def _describe_containers(network: str, containers: list[dict], host: str) -> dict:
    """Return worker containers of one engine as a pool. Private."""
    running = [container for container in containers if container["State"] == "running"]
    slots = [int(container["Labels"][SLOTS_LABEL]) for container in containers]
    stopped = [container for container in containers if container not in running]
    return {
        "name": network,
        "mode": "containers",
        "replicas": len(containers),
        "containers": len(running),
        "slots": max(slots),
        "workers": sum(int(container["Labels"][SLOTS_LABEL]) for container in running),
        "containers_per_host": dict(Counter(host for _ in running)),
        "task_ids": [container["Id"] for container in running],
        "image": containers[0]["Image"],
        "networks": network.split(","),
        "problems": [f"- {container['Names'][0].lstrip('/')}: {container['Status']}" for container in stopped],
    }


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Return the cluster. There is nothing to converge; the name is that of every module's work."""
    with docker_errors("Asking the engine about itself"):
        info = client.info()
        networks = client.networks()
    swarm, manages = info["Swarm"], bool(info["Swarm"].get("ControlAvailable"))
    names = {network["Id"]: network["Name"] for network in networks}
    if manages:
        with docker_errors("Listing the nodes of the swarm"):
            nodes = [describe_node(node) for node in client.nodes()]
        pools = swarm_pools(client, names)
    else:
        nodes = [describe_engine(info)]
        pools = container_pools(client, info["Name"])
    hosts = merge(params["inventory"], sorted(nodes, key=lambda node: node["hostname"]))
    used = {network for pool in pools for network in pool["networks"]}
    labels = ((swarm.get("Cluster") or {}).get("Spec") or {}).get("Labels") or {}
    cluster = {
        "swarm": {
            "state": swarm["LocalNodeState"],
            "id": (swarm.get("Cluster") or {}).get("ID") or None,
            "manages": manages,
            "owner": labels.get(OWNER_LABEL),
        },
        "hosts": mark_cut_off(hosts, params["inventory"], peers(client) if manages else None, swarm.get("NodeID", "")),
        "pools": pools,
        "networks": [describe_network(network) for network in networks if network["Name"] in used],
        "registry": describe_registry(client),
    }
    return {"changed": False, "cluster": cluster}
