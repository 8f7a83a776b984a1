"""The containers' network."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    number,
    warning,
)
from ansible_collections.alparque.festival.plugins.module_utils.subnets import parse_subnet


def judge_subnet(settings: Settings, hosts: int) -> Findings:
    """Find a subnet that is none, that no container can have, or that is too small for the pool."""
    if "network_subnet" not in settings:
        return
    subnet, problem = parse_subnet(settings["network_subnet"])
    if subnet is None:
        yield Finding(problem)
        return
    if subnet.is_loopback or subnet.is_multicast or subnet.is_link_local or subnet.is_unspecified:
        yield Finding(
            f"network_subnet is {subnet}, which is reserved for other things. Use a private one like 10.77.0.0/20."
        )
    elif not subnet.is_private:
        yield warning(
            f"network_subnet is {subnet}, which is not private: the machines of the Internet that have it cannot be "
            "reached from the containers. Use one like 10.77.0.0/20."
        )
    # Beside the pool: network and broadcast address, gateway, a master, and on every host the network's own endpoint.
    pool = (
        hosts
        if settings.get("workers_mode") == "global"
        else int(number(settings.get("workers_replicas", hosts)) or hosts)
    )
    needed = pool + hosts + 4
    if subnet.num_addresses < needed:
        yield Finding(
            f"network_subnet is {subnet}, with {subnet.num_addresses} addresses too small for {pool} workers on "
            f"{hosts} host{'s' * (hosts > 1)} ({needed} addresses). Use a larger one, such as "
            f"{subnet.supernet(new_prefix=min(20, subnet.prefixlen))}."
        )


def judge_network(settings: Settings, hosts: int) -> Findings:
    """Find everything that is wrong with the network."""
    yield from judge_subnet(settings, hosts)
