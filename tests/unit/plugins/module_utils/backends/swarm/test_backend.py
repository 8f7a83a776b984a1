"""The backend of many hosts, as the rest asks for it."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.backend import SwarmBackend
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import DockerMissing
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import KEYS
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        (("inactive", False), DockerMissing, "in no Swarm yet. Run playbooks/provision.yml first"),
        (("active", False), FestivalError, r"are kept by a manager, and this engine is none \(state active\)"),
    ],
)
def test_keys_are_a_managers(state, error, words):
    engine = FakeEngine(info={"Swarm": dict(zip(("LocalNodeState", "ControlAvailable"), state, strict=True))})
    with pytest.raises(error, match=words):
        SwarmBackend().keys(engine, KEYS, "festival", {})


def test_hosts_of_two_swarms_are_no_cluster():
    lead = {"state": "active", "is_manager": True, "managers": ["10.0.0.1:2377"], "cluster_id": "one"}
    other = {**lead, "managers": ["10.9.9.9:2377"], "cluster_id": "another"}
    reports = {"a": {"swarm": lead}, "b": {"swarm": other}}
    assert [
        "Host b is in another swarm (another)" in said.text for said in SwarmBackend().judge_hosts(reports, "a", ())
    ] == [True]
    assert list(SwarmBackend().judge_hosts(reports, "a", {"b"})) == []
