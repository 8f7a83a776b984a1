"""What single verbs ask beyond their declaration."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    names,
)
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.inventory import judge_groups
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.variables import Variables

Matching = t.Callable[[t.Any], t.Sequence[str]]


def judge_leave(settings: Settings, seen: Variables, matching: Matching) -> Findings:
    """Find a pattern that means nobody, and one that means the first manager, without whom there is no cluster."""
    pattern = settings.get("leave_hosts")
    leaving = matching(pattern) if pattern else []
    if pattern and not leaving:
        yield Finding(
            f"leave_hosts is {pattern!r}, which no host and no group of the inventory has for its name. Its hosts are "
            f"{names(seen.hosts or ['none'])}."
        )
    elif seen.lead in leaving:
        yield Finding(
            f"leave_hosts is {pattern!r}: name the hosts that are to leave, the first manager ({seen.lead}) not among "
            "them. To end the whole cluster use playbooks/teardown.yml."
        )


def judge_key_exchange(settings: Settings, seen: Variables, matching: Matching) -> Findings:
    """Find that no host has a password to be let in with."""
    if not settings.get("key_exchange_password") and not any(
        seen.value(host, "key_exchange_password") for host in seen.hosts
    ):
        yield Finding(
            "key_exchange_password is not set for any host, so there is none to let the controller in. Set it, in a "
            "vault or by -e, for the hosts that so far take only a password."
        )


def judge_managers(settings: Settings, seen: Variables, matching: Matching) -> Findings:
    """Find that no host leads the cluster: Ansible would skip all plays, and nothing would be wrong."""
    yield from (found for found in judge_groups(seen.of_task["groups"], {}) if found.fatal)


#: What is not here begins with the preflight, which says that, too, or is about no cluster.
JUDGES: dict[str, tuple[t.Callable[..., Findings], ...]] = {
    "key_exchange": (judge_key_exchange,),
    "leave": (judge_managers, judge_leave),
    "status": (judge_managers,),
    "teardown": (judge_managers,),
}


def judge_verb(verb: str, settings: Settings, seen: Variables, matching: Matching) -> Findings:
    """Find what only this verb minds; ``matching`` returns the inventory's hosts that a pattern means."""
    for judge in JUDGES.get(verb, ()):
        yield from judge(settings, seen, matching)
