"""Worker containers of one engine, as pools."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.info import container_pools
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.pool import WORKERS_LABEL
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL, SLOTS_LABEL
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine


def container(name, pool, state="running", slots=2):
    """Return a worker container as the engine lists it."""
    labels = {CLUSTER_LABEL: "festival", WORKERS_LABEL: pool, SLOTS_LABEL: str(slots)}
    networks = {"NetworkSettings": {"Networks": {pool: {}}}}
    return {
        "Id": name,
        "Names": [f"/{name}"],
        "State": state,
        "Status": state,
        "Image": "w",
        "Labels": labels,
        **networks,
    }


def test_containers_of_one_pool_are_told_together_and_stopped_ones_named():
    listed = [container("a", "two"), container("b", "one"), container("c", "one", "exited")]
    one, two = container_pools(FakeEngine(containers=listed), "festival", "mana")
    assert (one["name"], one["replicas"], one["containers"], one["workers"]) == ("one", 2, 1, 2)
    assert (one["containers_per_host"], one["problems"], one["networks"]) == ({"mana": 1}, ["- c: exited"], ["one"])
    assert (two["name"], two["task_ids"], two["problems"]) == ("two", ["a"], [])


def test_another_clusters_are_not_asked_for():
    asked = []
    engine = FakeEngine(containers=lambda all, filters: asked.append((all, filters)) or [])
    assert container_pools(engine, "mine", "mana") == []
    assert asked == [(True, {"label": [f"{CLUSTER_LABEL}=mine", WORKERS_LABEL]})]
