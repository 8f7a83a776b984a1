"""One host and its worker containers, as a recorded engine describes them."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.info import describe_cluster
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, has_labels


def ask(recorded, prefix="festival"):
    """Ask the recorded engine; the fake does not filter, so this does."""
    answers = recorded("cluster.json")["alone"]

    def containers(all, filters):
        return [each for each in answers["containers"] if all and has_labels(each["Labels"], filters["label"])]

    engine = FakeEngine(**{**answers, "containers": containers})
    return describe_cluster(
        engine, prefix, [{"name": "mana", "reachable": True, "node_id": None, "address": "", "remark": ""}]
    )


def test_one_engine_by_itself_has_containers_for_pools(recorded):
    told = ask(recorded)
    assert told["swarm"]["manages"] is False
    assert [(host["name"], host["role"], host["hostname"]) for host in told["hosts"]] == [("mana", None, "mana")]
    (pool,) = told["pools"]
    assert (pool["name"], pool["mode"], pool["replicas"], pool["containers"], pool["workers"]) == (
        *("one", "containers", 2, 1),
        2,
    )
    assert pool["problems"][0].startswith("- berta: Exited (1)")
    assert ask(recorded, prefix="other")["pools"] == []
    assert told["networks"] == [{"name": "one", "driver": "bridge", "subnets": ["10.78.0.0/24"], "encrypted": False}]
