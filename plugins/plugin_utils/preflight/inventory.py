"""The inventory as a whole: groups, and addresses that hosts have."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    names,
    warning,
)

#: Connections for which ansible_host says which machine is meant.
REMOTE = ("ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.ssh", "ansible.netcommon.libssh")


class Host(t.NamedTuple):
    """What the inventory says of a host."""

    name: str
    address: str
    port: str = "22"
    connection: str = "ssh"
    advertised: str | None = None


def is_ipv4(text: str) -> bool:
    """Say whether the text is an IPv4 address."""
    try:
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


def judge_groups(groups: t.Mapping[str, list[str]], settings: Settings) -> Findings:
    """Find hosts that are missing, too many or forgotten."""
    managers = groups.get("festival_managers") or []
    hosts = list(dict.fromkeys([*managers, *(groups.get("festival_hosts") or [])]))
    if not managers:
        yield Finding(
            "The inventory has no host in the group festival_managers. Give one with -i, and put the host that is to "
            "lead the cluster into that group and the others into festival_hosts, as inventory/example does."
        )
    elif settings.get("festival_manager", managers[0]) not in managers:
        yield Finding(
            f"festival_manager is {settings['festival_manager']!r}, which is no host of festival_managers. Leave it "
            f"out: it is the group's first host, {managers[0]}."
        )
    for host in sorted(set(groups.get("ungrouped") or []) - set(hosts) - {"localhost"}):
        yield warning(
            f"Host {host} is in no group and takes no part. Put it into festival_hosts, or out of the inventory."
        )


def judge_shared(name: str, values: t.Mapping[str, t.Any]) -> Findings:
    """Find a variable of the whole cluster that its hosts (host → value) have not alike: each would do a part of another one."""
    by_value: dict[str, list[str]] = {}
    for host, value in values.items():
        by_value.setdefault(repr(value), []).append(host)
    if len(by_value) > 1:
        told = names([f"{value} for {names(hosts)}" for value, hosts in by_value.items()])
        yield Finding(f"{name} is {told}, and is the whole cluster's. Set it once for all, in group_vars/all.yml.")


def same(hosts: t.Iterable[Host], key: t.Callable[[Host], t.Any]) -> dict[t.Any, list[str]]:
    """Return the keys that several hosts share, with their names."""
    shared: dict[t.Any, list[str]] = {}
    for host in hosts:
        if key(host) is not None:
            shared.setdefault(key(host), []).append(host.name)
    return {value: sharing for value, sharing in shared.items() if len(sharing) > 1}


def judge_addresses(hosts: t.Sequence[Host]) -> Findings:
    """Find two hosts at one address, and addresses that are none."""
    reached = [host for host in hosts if host.connection in REMOTE]
    for (address, port), sharing in same(reached, lambda host: (host.address, host.port)).items():
        yield Finding(
            f"Hosts {names(sharing)} have one address, {address} port {port}, and so are one machine. Correct "
            "ansible_host of one of them, or take it out of the inventory."
        )
    for address, sharing in same(hosts, lambda host: host.advertised).items():
        yield Finding(
            f"Hosts {names(sharing)} have one swarm_advertise_addr, {address}. Give each host its own, in its host "
            "variables."
        )
    for host in hosts:
        if host.advertised is not None and not is_ipv4(host.advertised):
            yield Finding(
                f"Host {host.name}: swarm_advertise_addr is {host.advertised!r}, not an IPv4 address. Write the "
                "address by which the other hosts reach it, or leave it out."
            )
