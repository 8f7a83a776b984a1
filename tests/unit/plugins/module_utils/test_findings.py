"""How findings are told, and the small readers that all checks share."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    listed,
    message,
    names,
    number,
    told,
    truth,
    unknown_names,
    warning,
)


def test_each_finding_is_told_once_and_in_order() -> None:
    assert told([Finding("b"), warning("w"), Finding("a"), Finding("b")]) == (["b", "a"], ["w"])


def test_one_problem_is_a_sentence_and_several_are_a_list() -> None:
    assert message(["a."]) == "a."
    assert message(["a.", "b."]) == "2 problems, and nothing was changed:\n- a.\n- b."


@pytest.mark.parametrize(
    ("value", "found"), [(3, 3), ("3", 3), ("2.5", 2.5), ("x", None), (None, None), (True, None), ([], None)]
)
def test_number(value: t.Any, found: float | None) -> None:
    assert number(value) == found


@pytest.mark.parametrize(("value", "found"), [("a, b,", ["a", "b"]), (["a,b"], ["a,b"]), (None, []), ("", [])])
def test_listed(value: t.Any, found: list) -> None:
    assert listed(value) == found


@pytest.mark.parametrize(("value", "found"), [(True, True), ("yes", True), ("False", False), (0, False), ("", False)])
def test_truth(value: t.Any, found: bool) -> None:
    assert truth(value) is found


@pytest.mark.parametrize(("hosts", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_names(hosts: list[str], text: str) -> None:
    assert names(hosts) == text


def test_only_near_misses_are_unknown() -> None:
    """A user's own variables are nobody's business."""
    found = list(
        unknown_names(
            ["workers_slot", "workers_slots", "network_gateway", "my_slots"], ["workers_slots", "network_subnet"]
        )
    )
    assert [finding.fatal for finding in found] == [False]
    assert "workers_slot is none" in found[0].text
