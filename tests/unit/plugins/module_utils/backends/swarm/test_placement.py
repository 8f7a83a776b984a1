"""Which hosts a pool may have, and how many workers it has there."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.placement import (
    count_workers,
    may_hold,
    slots_on,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.pool import converge
from ansible_collections.alparque.festival.plugins.modules.pool import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, params
from ansible_collections.alparque.festival.tests.unit.plugins.module_utils.backends.swarm.test_pool import GIVEN

NODE = {
    "id": "n1",
    "hostname": "carla",
    "role": "worker",
    "availability": "active",
    "labels": {"disk": "SSD"},
    "cpus": 8.0,
    "memory_bytes": 1 << 34,
}


@pytest.mark.parametrize(
    ("constraints", "held"),
    [
        ([], True),
        (["node.labels.disk == ssd"], True),
        (["node.labels.disk==hdd"], False),
        (["node.labels.disk != ssd"], False),
        (["node.labels.none == x"], False),
        (["node.labels.none != x"], True),
        (["node.role == worker", "node.hostname != carla"], False),
        (["node.hostname == carla", "node.id == n1"], True),
        (["node.platform.arch == sparc"], True),
    ],
)
def test_constraints_that_are_known_here_choose_hosts(constraints: list[str], held: bool) -> None:
    assert may_hold(NODE, constraints) is held


def test_a_drained_host_holds_nothing() -> None:
    assert not may_hold({**NODE, "availability": "drain"}, [])


def spec(word: str, **limits: int) -> dict:
    """Return what matters of a pool's spec."""
    return {"Labels": {"festival.slots": word}, "TaskTemplate": {"Resources": {"Limits": limits}}}


def test_workers_are_counted_by_what_each_host_has() -> None:
    small = {**NODE, "cpus": 2.0}
    tasks = [{"NodeID": "a"}, {"NodeID": "b"}, {}]
    assert count_workers(spec("auto:1:0"), tasks, {"a": NODE, "b": small}) == 8 + 2 + 1
    assert count_workers(spec("4"), tasks, {}) == 12
    assert slots_on(spec("auto:1:0", NanoCPUs=3 * 10**9), NODE) == 3
    assert slots_on({"Labels": {}, "TaskTemplate": {}}, NODE) == 1


def test_each_host_has_as_many_slots_as_cores_and_memory_where_none_are_given(recorded):
    """And a pool that has a number keeps it: this one is changed because that is taken away."""
    nodes = recorded("pool.json")["nodes"]
    for node, cores in zip(nodes, (4, 16, 8), strict=True):
        node["Description"]["Resources"] = {"NanoCPUs": cores * 10**9, "MemoryBytes": 4 << 30}
    for given, word, workers in (
        ({}, "auto:1:536870912", 4 + 8 + 8),
        ({"memory_per_slot": "0"}, "auto:1:0", 4 + 16 + 8),
        ({"replicas": 4}, "auto:2:536870912", 2 + 4 + 4),
        ({"constraints": ["node.role == worker"]}, "auto:2:536870912", 2 + 4 + 4),
        ({"mode": "global"}, "auto:1:536870912", 4 + 8 + 8),
    ):
        engine = FakeEngine(**{**recorded("pool.json"), "nodes": nodes})
        told = converge(engine, params(OPTIONS, **{**GIVEN, "slots": "auto", **given}), check_mode=True)
        assert told["diff"]["after"]["Labels.festival.slots"] == word
        assert f"FESTIVAL_SLOTS={word}" in told["diff"]["after"]["TaskTemplate.ContainerSpec.Env"]
        assert (told["pool"]["slots"], told["pool"]["workers"]) == ("auto", workers)
