"""The containers' network and the addresses in it."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    fits,
    names,
    number,
    truth,
    warning,
)
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.values import HOST_NAME


def parse_subnet(text: t.Any) -> tuple[ipaddress.IPv4Network | None, str]:
    """Return the subnet, or why it is none and what to write."""
    try:
        return ipaddress.IPv4Network(str(text)), ""
    except ValueError:
        pass
    try:
        meant = ipaddress.IPv4Network(str(text), strict=False)
    except ValueError:
        return None, f"network_subnet is {text!r}, not an IPv4 subnet. Write one like 10.77.0.0/20."
    return None, f"network_subnet is {text!r}: an address, not the subnet it lies in. Write {meant}."


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


def judge_encryption(settings: Settings) -> Findings:
    """Say that a network on one host is not encrypted."""
    if settings.get("festival_backend") == "docker" and truth(settings.get("network_encrypted", False)):
        yield warning(
            "network_encrypted has no effect with festival_backend docker: nothing leaves the host. Leave it out."
        )


def judge_containers(settings: Settings) -> Findings:
    """Find containers of the docker backend that cannot live together in the subnet."""
    if settings.get("festival_backend") != "docker":
        return
    containers = settings.get("workers_containers") or []
    if not containers:
        yield Finding(
            "festival_backend is docker and workers_containers is empty: there would be no workers. List them, each "
            "with name and address, as inventory/example does."
        )
    for container in containers:
        if not isinstance(container, t.Mapping) or not {"name", "address"} <= set(container):
            yield Finding(
                f"workers_containers has {container!r}: each entry needs a name and an address. Add what is missing."
            )
            return
    master = {"name": settings.get("job_master_name"), "address": settings.get("job_master_address")}
    members = [dict(container) for container in containers] + ([master] if master["address"] else [])
    yield from judge_names(members)
    yield from judge_container_addresses(members, parse_subnet(settings.get("network_subnet", "172.18.0.0/16"))[0])


def judge_names(members: t.Sequence[dict]) -> Findings:
    """Find names that are none, and names that are given twice."""
    called = [str(member["name"]) for member in members if member["name"]]
    for name in dict.fromkeys(called):
        if called.count(name) > 1:
            yield Finding(
                f"Two containers are called {name} (workers_containers, job_master_name). Give each its own name."
            )
        if not fits(HOST_NAME, name):
            yield Finding(
                f"workers_containers has the name {name!r}, which is no host name. Use letters, digits and - only."
            )


def judge_container_addresses(members: t.Sequence[dict], subnet: ipaddress.IPv4Network | None) -> Findings:
    """Find addresses that are none, outside the subnet, the gateway's, or given twice."""
    taken: dict[str, list[str]] = {}
    for member in members:
        name, text = member["name"] or "the master", str(member["address"])
        taken.setdefault(text, []).append(name)
        try:
            address = ipaddress.IPv4Address(text)
        except ValueError:
            yield Finding(f"The address of {name} is {text!r}, not an IPv4 address. Write one of network_subnet.")
            continue
        if subnet is None or subnet.prefixlen > 29:  # said already
            continue
        if address not in subnet:
            yield Finding(
                f"The address of {name}, {address}, is outside network_subnet {subnet}. Correct one of the two."
            )
        elif address in (subnet.network_address, subnet.broadcast_address, subnet[1]):
            yield Finding(
                f"The address of {name}, {address}, is {subnet}'s own (network, gateway or broadcast). Give it one "
                f"from {subnet[2]}."
            )
    for text, sharing in taken.items():
        if len(sharing) > 1:
            yield Finding(f"Containers {names(sharing)} have one address, {text}. Give each its own.")


def judge_network(settings: Settings, hosts: int) -> Findings:
    """Find everything that is wrong with the network."""
    yield from judge_subnet(settings, hosts)
    yield from judge_encryption(settings)
    yield from judge_containers(settings)
