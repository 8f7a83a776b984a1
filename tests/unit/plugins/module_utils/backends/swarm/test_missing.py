"""The workers that a master does not reach: with real sockets."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.missing import missing_workers
from ansible_collections.alparque.festival.tests.unit.plugins.module_utils.backends.swarm.test_reach import (
    ELSEWHERE,
    HERE,
    PLACES,
    THERE,
    needs_root,
)


@pytest.fixture
def missing(host, monkeypatch):
    """Return a function that says which workers the master on node a misses, of a pool with PLACES and two slots."""
    monkeypatch.setattr(
        "ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.missing.pool_places",
        lambda *_: PLACES,
    )
    pool = {"Spec": {"Name": "festival-pool", "Labels": {"festival.slots": "2"}, "TaskTemplate": {}}}
    monkeypatch.setattr("ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.missing.ANSWER", 0)
    return lambda port, **answers: missing_workers(
        host(port, services=[pool], tasks=[], **answers), "festival-job-a", "festival-pool", "festival"
    )


@needs_root
def test_a_master_s_missing_workers_are_counted_by_host(listen, missing):
    assert missing(listen(HERE, ELSEWHERE)) == {"of": 6, "hosts": {"berta": 2}}
    assert missing(listen(HERE, THERE, ELSEWHERE)) == {}


def test_nothing_is_said_of_a_master_that_is_not_there_yet(missing):
    assert missing(1, containers=[]) is None
    gone = {"Id": "1", "State": {"Pid": 2**22 + 1}, "Config": {"Env": [], "Labels": {}}}
    assert missing(1, inspect_container=gone) is None
