"""What one engine says of itself, its networks and the registry, as cluster_info returns it."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.hosts.inventory import NO_NODE
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL

#: Label of the registry's container: the recipe by which the role registry has set it up.
REGISTRY_LABEL = "festival.recipe"


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


def describe_network(network: dict) -> dict:
    """Return a network."""
    return {
        "name": network["Name"],
        "driver": network["Driver"],
        "subnets": [each["Subnet"] for each in (network.get("IPAM") or {}).get("Config") or []],
        "encrypted": "encrypted" in (network.get("Options") or {}),
    }


def describe_registry(client: t.Any, prefix: str) -> dict | None:
    """Return a cluster's registry on this host. That of an earlier release does not say whose it is."""
    with docker_errors("Looking for the registry"):
        registries = client.containers(all=True, filters={"label": REGISTRY_LABEL})
    found = [each for each in registries if each["Labels"].get(CLUSTER_LABEL, prefix) == prefix]
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


def describe_rest(client: t.Any, prefix: str, networks: list[dict], pools: list[dict]) -> dict:
    """Return what every backend on Docker says of its cluster: the networks that its pools use, and the registry."""
    used = {network for pool in pools for network in pool["networks"]}
    return {
        "pools": pools,
        "networks": [describe_network(network) for network in networks if network["Name"] in used],
        "registry": describe_registry(client, prefix),
    }
