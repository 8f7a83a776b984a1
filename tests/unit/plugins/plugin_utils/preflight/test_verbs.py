"""What single verbs ask beyond their declaration."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.variables import Variables
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.verbs import judge_verb

GROUPS = {"festival_managers": ["ana"], "festival_hosts": ["berta", "carla"]}


def told(verb: str, settings: dict, groups: dict = GROUPS, **hostvars: dict) -> list[str]:
    """Return what is told of a verb on three hosts, each with no variables unless given."""
    seen = Variables(
        {"groups": groups, "hostvars": {host: hostvars.get(host, {}) for host in ("ana", "berta", "carla")}}
    )

    def matching(pattern: t.Any) -> list[str]:
        """Return hosts of a name; patterns are Ansible's own matter."""
        return [host for host in seen.hosts if host in str(pattern)]

    return [found.text for found in judge_verb(verb, settings, seen, matching)]


def test_hosts_may_leave() -> None:
    assert told("leave", {"leave_hosts": "berta,carla"}) == told("leave", {"leave_hosts": ["carla"]}) == []
    # Nobody named is told by the declaration.
    assert told("leave", {}) == []


@pytest.mark.parametrize("pattern", ["ana", "berta,ana"])
def test_the_first_manager_stays(pattern: str) -> None:
    (text,) = told("leave", {"leave_hosts": pattern})
    assert "the first manager (ana) not among them" in text
    assert "playbooks/teardown.yml" in text


def test_a_pattern_that_means_nobody() -> None:
    (text,) = told("leave", {"leave_hosts": "dora"})
    assert "leave_hosts is 'dora', which no host" in text
    assert "ana, berta and carla" in text


def test_somebody_needs_a_password() -> None:
    assert "key_exchange_password is not set for any host" in told("key_exchange", {})[0]
    assert told("key_exchange", {"key_exchange_password": "x"}) == []
    assert told("key_exchange", {}, carla={"key_exchange_password": "x"}) == []


@pytest.mark.parametrize("verb", ["leave", "status", "teardown"])
@pytest.mark.parametrize("groups", [{}, {"ungrouped": ["ana"]}, {"festival_hosts": ["berta"]}])
def test_somebody_has_to_lead(verb: str, groups: dict) -> None:
    (text,) = told(verb, {}, groups)
    assert text.startswith("The inventory has no host in the group festival_managers. Give one with -i,")


def test_others_ask_nothing_more() -> None:
    assert told("lab", {}, {}) == []
    assert told("teardown", {}) == []
