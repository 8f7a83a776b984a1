"""Who is reached from a container's network: with real sockets, and with the network of a process of one's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import reach
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine

#: Addresses of this machine's loopback interface, one for each container.
HERE, THERE, ELSEWHERE = "127.0.0.1", "127.0.1.1", "127.0.2.1"
PLACES = [
    {"address": HERE, "node_id": "a", "hostname": "ana"},
    {"address": THERE, "node_id": "b", "hostname": "berta"},
    {"address": ELSEWHERE, "node_id": "c", "hostname": "carla"},
]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root enters another network")


def test_who_listens_answers_and_who_refuses_does_not(listen):
    port = listen(HERE, THERE)
    begin = time.monotonic()
    assert reach.answering([HERE, THERE, ELSEWHERE], port) == {HERE, THERE}
    assert reach.answering(["255.255.255.255"], port) == set(), "what the kernel refuses at once is no answer"
    assert time.monotonic() - begin < reach.ANSWER


def test_one_container_that_answers_speaks_for_its_host():
    twice = [*PLACES, {"address": "127.0.3.1", "node_id": "c", "hostname": "carla"}]
    assert reach.missed_nodes(twice, {HERE, "127.0.3.1"}) == {"b": "berta"}


@needs_root
@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare")
def test_a_connection_is_made_in_the_other_network(listen):
    port = listen(HERE)
    with subprocess.Popen(["unshare", "--net", "sleep", "30"]) as alone:
        try:
            time.sleep(0.3)
            with reach.network_of(alone.pid):
                assert reach.answering([HERE], port, 0.2) == set(), "its loopback interface is another one, and down"
            assert reach.answering([HERE], port) == {HERE}, "and back"
        finally:
            alone.kill()


def test_places_are_those_of_running_tasks_in_the_network(recorded):
    tasks = recorded("networks.json")["tasks"]
    nodes = [{"ID": task["NodeID"], "Description": {"Hostname": f"host-{k}"}} for k, task in enumerate(tasks)]
    whole = {"Spec": {"Role": "worker", "Availability": "active"}, "Status": {"State": "ready"}}
    engine = FakeEngine(nodes=[{**whole, **node} for node in nodes])
    places = reach.pool_places(engine, tasks, "festival")
    assert [place["address"] for place in places] == [
        task["NetworksAttachments"][0]["Addresses"][0][:-3] for task in tasks
    ]
    assert [place["hostname"] for place in places] == ["host-0", "host-1", "host-2"]
    assert reach.pool_places(engine, tasks, "another") == []
    assert reach.pool_places(engine, [{**tasks[0], "DesiredState": "shutdown"}], "festival") == [], "its node is down"
    assert reach.pool_places(engine, [{**tasks[0], "Status": {"State": "starting"}}], "festival") == []
