"""The one host and its worker containers. Only asks."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.pool import WORKERS_LABEL
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.hosts.describe import describe_engine, describe_rest
from ansible_collections.alparque.festival.plugins.module_utils.hosts.inventory import merge
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL, SLOTS_LABEL


def container_pools(client: t.Any, prefix: str, host: str) -> list[dict]:
    """Return a cluster's worker containers as pools."""
    with docker_errors("Listing the worker containers"):
        containers = client.containers(all=True, filters={"label": [f"{CLUSTER_LABEL}={prefix}", WORKERS_LABEL]})
    pools: dict[str, list[dict]] = {}
    for container in containers:
        pools.setdefault(container["Labels"][WORKERS_LABEL], []).append(container)
    return [_describe_containers(name, members, host) for name, members in sorted(pools.items())]


def _describe_containers(name: str, containers: list[dict], host: str) -> dict:
    """Return worker containers of one engine as a pool. Private."""
    running = [container for container in containers if container["State"] == "running"]
    slots = [int(container["Labels"][SLOTS_LABEL]) for container in containers]
    workers = sum(int(container["Labels"][SLOTS_LABEL]) for container in running)
    stopped = [container for container in containers if container not in running]
    return {
        "name": name,
        "mode": "containers",
        "replicas": len(containers),
        "containers": len(running),
        "slots": max(slots),
        "workers": workers,
        "containers_per_host": dict(Counter(host for _ in running)),
        "workers_per_host": {host: workers} if running else {},
        "task_ids": [container["Id"] for container in running],
        "image": containers[0]["Image"],
        "networks": sorted({network for each in containers for network in each["NetworkSettings"]["Networks"]}),
        "problems": [f"- {container['Names'][0].lstrip('/')}: {container['Status']}" for container in stopped],
    }


def describe_cluster(client: t.Any, prefix: str, inventory: list[dict]) -> dict:
    """Return the cluster, as cluster_info documents it."""
    with docker_errors("Asking the engine about itself"):
        info = client.info()
        networks = client.networks()
    hosts = merge(inventory, [describe_engine(info)])
    return {
        "swarm": {"state": info["Swarm"]["LocalNodeState"], "id": None, "manages": False, "owner": None},
        "hosts": [{**host, "cut_off": False} for host in hosts],
        **describe_rest(client, prefix, networks, container_pools(client, prefix, info["Name"])),
    }
