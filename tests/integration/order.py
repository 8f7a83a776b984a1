"""When and where a test meets real hosts: told by the fixture that it asks for and a marker, not by its file's name.

Hosts live once: they are bare, become a cluster, are brought up to date, and are taken apart. What shares hosts runs in one
process, in that order; everything else runs beside it.
"""

from __future__ import annotations

import typing as t

import pytest

#: The life of hosts. Each test that meets some has the marker of one of these.
STAGES = ("bare", "cluster", "upgrade", "teardown")
#: Where hosts come from: the fixtures, and which hosts they are. Who has most to do begins.
LABS = {"bare_lab": "three-hosts", "small": "small-lab", "one_host": "one-host"}
RANKS = {"three-hosts": 0, "": 1, "small-lab": 2, "one-host": 3}
#: A run takes as long as these: what goes on beside them steps back.
LONGEST = "three-hosts"
#: The fixtures after which hosts are no longer bare.
DEPLOYING = {"cluster", "one_host"}


class Place(t.NamedTuple):
    """Where a test belongs: which hosts it meets, "" for none, and in which stage of their life."""

    hosts: str
    stage: str

    @property
    def key(self) -> tuple[int, int]:
        """What tests are sorted by."""
        return RANKS[self.hosts], STAGES.index(self.stage) if self.stage else 0


class Misplaced(Exception):
    """A test does not say where it belongs, or says what cannot be."""


def place(name: str, fixtures: t.Collection[str], markers: t.Iterable[str]) -> Place:
    """Return where a test belongs; Misplaced if that is not said, or cannot be.

    A test's own marker counts before its file's: the closest one comes first.
    """
    hosts = [LABS[fixture] for fixture in LABS if fixture in fixtures]
    stage = next((marker for marker in markers if marker in STAGES), "")
    if not hosts:
        return Place("", "")
    if len(hosts) != 1 or not stage:
        raise Misplaced(
            f"{name} meets {' and '.join(hosts)}, and is marked {stage or 'with no stage'}: "
            f"let it ask for one of {', '.join(LABS)}, and mark it with one of {', '.join(STAGES)}."
        )
    if (stage == "bare") == bool(DEPLOYING.intersection(fixtures)):
        raise Misplaced(
            f"{name} is marked {stage}, and its fixtures say otherwise: {' and '.join(sorted(DEPLOYING))} deploy."
        )
    return Place(hosts[0], stage)


def arrange(items: list[pytest.Item]) -> dict[str, str]:
    """Sort tests by their place, and name the group that runs in one process: who shares hosts, else who shares a file.

    Return what is to be said of the misplaced ones, by their id: they are to fail before they meet any host.
    """
    places, wrong = {}, {}
    for item in items:
        try:
            places[item] = place(item.nodeid, item.fixturenames, [mark.name for mark in item.iter_markers()])
        except Misplaced as error:
            places[item], wrong[item.nodeid] = Place("", ""), str(error)
    items.sort(key=lambda item: places[item].key)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(places[item].hosts or item.nodeid.partition("::")[0]))
    return wrong
