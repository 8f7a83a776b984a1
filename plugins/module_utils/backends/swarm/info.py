"""A cluster as its manager sees it: nodes and pools. Only asks."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import list_nodes, summarise
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.peers import judge, peers
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.pool import (
    SLOTS_LABEL,
    describe,
    describe_failures,
    wanted_tasks,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.service import tasks_of
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.hosts.describe import describe_engine, describe_rest
from ansible_collections.alparque.festival.plugins.module_utils.hosts.inventory import merge
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL

#: What is said of a host that the overlay networks do not reach.
CUT_OFF = "cut off: its containers reach no others. playbooks/provision.yml heals it."


def describe_node(node: dict) -> dict:
    """Return a node with what its engine told the swarm."""
    return {
        **summarise(node),
        "engine_version": (node["Description"].get("Engine") or {}).get("EngineVersion"),
    }


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
    found = describe(spec, tasks, nodes)
    replicas = replicated["Replicas"] if replicated else len(wanted_tasks(tasks))
    return {
        **found,
        "mode": "replicated" if replicated else "global",
        "replicas": replicas,
        "image": template["ContainerSpec"]["Image"],
        "networks": [networks.get(each["Target"], each["Target"]) for each in template.get("Networks") or []],
        "problems": describe_failures(tasks, nodes).splitlines() if found["containers"] < replicas else [],
    }


def swarm_pools(client: t.Any, prefix: str, networks: dict[str, str]) -> list[dict]:
    """Return a cluster's pools. Those of an earlier release do not say whose they are."""
    with docker_errors("Listing the pools"):
        found = client.services({"label": SLOTS_LABEL})
    services = [each for each in found if each["Spec"]["Labels"].get(CLUSTER_LABEL, prefix) == prefix]
    nodes = list_nodes(client) if services else {}
    return [
        describe_pool(service, tasks_of(client, service["Spec"]["Name"]), nodes, networks)
        for service in sorted(services, key=lambda service: service["Spec"]["Name"])
    ]


def describe_cluster(client: t.Any, prefix: str, inventory: list[dict]) -> dict:
    """Return the cluster, as cluster_info documents it. A host that manages nothing knows only itself."""
    with docker_errors("Asking the engine about itself"):
        info = client.info()
        networks = client.networks()
    swarm, manages = info["Swarm"], bool(info["Swarm"].get("ControlAvailable"))
    nodes, pools = [describe_engine(info)], []
    if manages:
        with docker_errors("Listing the nodes of the swarm"):
            nodes = [describe_node(node) for node in client.nodes()]
        pools = swarm_pools(client, prefix, {network["Id"]: network["Name"] for network in networks})
    hosts = merge(inventory, sorted(nodes, key=lambda node: node["hostname"]))
    labels = ((swarm.get("Cluster") or {}).get("Spec") or {}).get("Labels") or {}
    return {
        "swarm": {
            "state": swarm["LocalNodeState"],
            "id": (swarm.get("Cluster") or {}).get("ID") or None,
            "manages": manages,
            "owner": labels.get(CLUSTER_LABEL),
        },
        "hosts": mark_cut_off(hosts, inventory, peers(client) if manages else None, swarm.get("NodeID", "")),
        **describe_rest(client, prefix, networks, pools),
    }
