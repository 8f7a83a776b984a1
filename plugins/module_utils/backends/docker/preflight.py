"""What an inventory may say with one host and a bridge network."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    fits,
    listed,
    names,
    truth,
    warning,
)
from ansible_collections.alparque.festival.plugins.module_utils.names import HOST_NAME
from ansible_collections.alparque.festival.plugins.module_utils.subnets import parse_subnet


def judge_one_host(hosts: t.Sequence[str]) -> Findings:
    """Find hosts that are too many."""
    if len(hosts) > 1:
        yield Finding(
            f"festival_backend is docker, which is for one host, and the inventory has {len(hosts)}: {names(hosts)}. "
            "Leave one of them, or set festival_backend to swarm."
        )


def judge_encryption(settings: Settings) -> Findings:
    """Say that a network on one host is not encrypted."""
    if truth(settings.get("network_encrypted", False)):
        yield warning(
            "network_encrypted has no effect with festival_backend docker: nothing leaves the host. Leave it out."
        )


def judge_containers(settings: Settings) -> Findings:
    """Find containers of the docker backend that cannot live together in the subnet."""
    containers = listed(settings.get("workers_containers"))
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


def judge(settings: Settings, hosts: t.Sequence[str]) -> Findings:
    """Find everything that cannot be on one host."""
    yield from judge_one_host(hosts)
    yield from judge_encryption(settings)
    yield from judge_containers(settings)
