"""What an inventory may say, and what hosts have to be able to do, for a Swarm."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    truth,
    warning,
)


def judge(settings: Settings, managers: t.Sequence[str]) -> Findings:
    """Find managers that cannot stand for each other."""
    if len(managers) % 2 == 0 and managers:
        yield warning(
            f"{len(managers)} managers survive the loss of {len(managers) // 2 - 1}, no more than {len(managers) - 1} "
            "do: a Swarm needs a majority of its managers. Move one host from festival_managers to festival_hosts, or "
            "add one."
        )


def judge_host(name: str, host: dict, settings: Settings) -> Findings:
    """Find a kernel without what overlay networks need."""
    if host["overlay"] is False:
        yield Finding(
            f"Host {name}: kernel {host['os']['kernel']} has no overlay networks (VXLAN). Boot one that has, or use "
            "festival_backend docker on one host."
        )
    if truth(settings.get("network_encrypted", False)) and not host["esp"]:
        yield Finding(
            f"Host {name}: kernel {host['os']['kernel']} cannot encrypt (no IPsec ESP known), and network_encrypted is "
            "set. Set it to false, or boot a kernel with the module esp4."
        )


def judge_membership(name: str, swarm: dict, manager: str, lead: dict | None) -> Findings:
    """Find a host that is in another swarm than the first manager, as far as the two can tell."""
    step = "Take it out with playbooks/leave.yml, or set swarm_force_takeover"
    if swarm["state"] == "locked":
        yield Finding(f"Host {name}: its swarm is locked. Unlock it there (docker swarm unlock), then run again.")
    if swarm["state"] != "active":
        return
    if name == manager:
        if not swarm["is_manager"]:
            yield Finding(
                f"Host {name}, the first manager, is a worker of a swarm led from {', '.join(swarm['managers'])}. "
                f"{step}."
            )
    elif lead and lead["state"] == "inactive":
        whose = swarm["cluster_id"] or f"led from {', '.join(swarm['managers'])}"
        yield Finding(f"Host {name} is in a swarm ({whose}) and the first manager, {manager}, is in none. {step}.")
    elif lead and lead["is_manager"]:
        foreign = swarm["cluster_id"] not in (None, lead["cluster_id"]) or not set(swarm["managers"]) & set(
            lead["managers"]
        )
        if foreign:
            whose = swarm["cluster_id"] or f"led from {', '.join(swarm['managers'])}"
            yield Finding(
                f"Host {name} is in another swarm ({whose}) than the first manager, {manager} ({lead['cluster_id']}). "
                f"{step}."
            )


def judge_hosts(reports: t.Mapping[str, dict], manager: str, takers: t.Collection[str]) -> Findings:
    """Find hosts that are in another swarm than the first manager; ``takers`` may be taken out of theirs."""
    lead = reports[manager]["swarm"] if manager in reports else None
    for name, host in reports.items():
        if name not in takers:
            yield from judge_membership(name, host["swarm"], manager, lead)
