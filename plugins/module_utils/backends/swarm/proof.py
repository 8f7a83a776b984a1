"""The proof that a host's containers of a pool reach those on the other hosts."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.peers import spare_masters
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.reach import (
    AGAIN,
    missed_from,
    running_container,
)
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import NotFound, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

#: Containers that are tried, where one after the other ends meanwhile.
CONTAINERS = 5


def _runs(client: t.Any, container: dict) -> bool:
    """Say whether a container still runs as it did. Private."""
    with docker_errors("Looking after a container of the pool"):
        try:
            return client.inspect_container(container["Id"])["State"]["Pid"] == container["State"]["Pid"]
        except NotFound:
            return False


def _proven(client: t.Any, params: dict) -> tuple[str, list[dict], dict[str, str]]:
    """Return this host's node, the places on others, and the nodes (id → host name) that a container here does not reach.

    What is missed by a container that ends meanwhile proves nothing: the pool may be changing, and another one is asked. Private.
    """
    for _ in range(CONTAINERS):
        container = running_container(client, params["pool"])
        if not container:
            break
        own = container["Config"]["Labels"]["com.docker.swarm.node.id"]
        others = [place for place in params["places"] if place["node_id"] != own]
        try:
            missed = missed_from(container, others, params["timeout"])
        except FileNotFoundError:
            missed = None
        if missed is not None and (not missed or _runs(client, container)):
            return own, others, missed
        time.sleep(AGAIN)
    return "", [], {}


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Prove that this host's containers of a pool reach those on the other hosts. There is nothing to converge."""
    own, others, missed = _proven(client, params)
    cut_off = bool(missed) and missed.keys() == {place["node_id"] for place in others}
    if missed and not params["tolerant"]:
        raise FestivalError(
            f"Host {params['name']}: its containers of pool {params['pool']} do not reach those on {', '.join(missed.values())}. See "
            "that 7946/tcp+udp and 4789/udp are open between these hosts, restart their engines (systemctl restart docker), and "
            "run again."
        )
    if cut_off:
        spare_masters(client, own, params["name"])
    return {"changed": False, "missed": sorted(missed.values()), "cut_off": cut_off}
