"""The order in which tests meet real hosts: no file is in the wrong place for its name, and none has no place."""

from __future__ import annotations

import types
import typing as t

import order
import pytest

CLUSTER = ("bare_lab", "cluster")


class Item:
    """What `arrange` sees of a test."""

    def __init__(self, name: str, fixtures: t.Collection[str] = (), *markers: str) -> None:
        self.name, self.fixturenames, self.group = name, fixtures, ""
        self.nodeid = f"tests/integration/{name}.py::test"
        self.markers = [types.SimpleNamespace(name=marker) for marker in markers]

    def iter_markers(self) -> list[types.SimpleNamespace]:
        return self.markers

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.group = mark.args[0]


def arranged(*items: Item) -> list[tuple[str, str]]:
    """Return the names in their order, each with its group."""
    found = list(items)
    order.arrange(found)
    return [(item.name, item.group) for item in found]


def test_the_life_of_hosts_counts_and_not_the_alphabet() -> None:
    found = arranged(
        Item("test_a_teardown", CLUSTER, "teardown"),
        Item("test_cluster_jobs", CLUSTER, "cluster"),
        Item("test_cluster_upgrade", CLUSTER, "upgrade"),
        Item("test_z_bare", ("bare_lab",), "bare"),
    )
    assert [name for name, _ in found] == [
        "test_z_bare",
        "test_cluster_jobs",
        "test_cluster_upgrade",
        "test_a_teardown",
    ]
    assert {group for _, group in found} == {"three-hosts"}


def test_who_shares_hosts_shares_a_process_and_others_a_file() -> None:
    found = arranged(
        Item("test_docker", ("one_host",), "cluster"),
        Item("test_pure"),
        Item("test_small", ("small",), "bare"),
        Item("test_cluster", CLUSTER, "cluster"),
    )
    assert found == [
        ("test_cluster", "three-hosts"),
        ("test_pure", "tests/integration/test_pure.py"),
        ("test_small", "small-lab"),
        ("test_docker", "one-host"),
    ]


def test_a_tests_own_marker_counts_before_its_files() -> None:
    last, first = Item("test_last", ("one_host",), "teardown", "cluster"), Item("test_first", ("one_host",), "cluster")
    assert [name for name, _ in arranged(last, first)] == ["test_first", "test_last"]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (Item("test_new", CLUSTER), "test_new.py::test meets three-hosts, and is marked with no stage"),
        (Item("test_new", (*CLUSTER, "one_host"), "cluster"), "meets three-hosts and one-host"),
        (Item("test_new", CLUSTER, "bare"), "is marked bare, and its fixtures say otherwise"),
        (Item("test_new", ("bare_lab",), "upgrade"), "is marked upgrade, and its fixtures say otherwise"),
    ],
)
def test_who_has_no_place_is_refused(item: Item, told: str) -> None:
    wrong = order.arrange([item])
    assert told in wrong[item.nodeid] and item.group == item.nodeid.partition("::")[0]
