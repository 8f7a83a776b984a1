"""The proof that a host's containers of a pool reach those on the other hosts."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.peers import spare_masters
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.reach import (
    missed_from,
    running_container,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Prove that this host's containers of a pool reach those on the other hosts. There is nothing to converge."""
    container = running_container(client, params["pool"])
    own = container["Config"]["Labels"]["com.docker.swarm.node.id"] if container else ""
    others = [place for place in params["places"] if place["node_id"] != own]
    missed = missed_from(container, others, params["timeout"]) if container else {}
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
