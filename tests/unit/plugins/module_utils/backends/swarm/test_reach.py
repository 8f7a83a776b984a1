"""Who is reached from a container's network: with real sockets, and with the network of a process of one's own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import proof, reach
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.missing import missing_workers
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.modules.pool_reach import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, params

#: Addresses of this machine's loopback interface, one for each container.
HERE, THERE, ELSEWHERE = "127.0.0.1", "127.0.1.1", "127.0.2.1"
PLACES = [
    {"address": HERE, "node_id": "a", "hostname": "ana"},
    {"address": THERE, "node_id": "b", "hostname": "berta"},
    {"address": ELSEWHERE, "node_id": "c", "hostname": "carla"},
]


@pytest.fixture
def listen():
    """Return a function that has a supervisor's port listen at these addresses; it returns the port."""
    opened = []

    def listen(*addresses):
        number = 0
        for address in addresses:
            opened.append(socket.create_server((address, number)))
            number = opened[-1].getsockname()[1]
        return number

    yield listen
    for listener in opened:
        listener.close()


@pytest.fixture
def host(monkeypatch):
    """Return a function that makes the engine of node a, on which a container of the pool is this very process."""
    monkeypatch.setattr(reach, "AGAIN", 0.01)

    def make(port, **answers):
        labels = {"com.docker.swarm.node.id": "a"}
        env = ["FESTIVAL_SLOTS=2", f"FESTIVAL_WORKER_PORT={port}"]
        container = {"Id": "1", "State": {"Pid": os.getpid()}, "Config": {"Env": env, "Labels": labels}}
        known = {
            "containers": [{"Id": "1"}],
            "inspect_container": container,
            "info": {"Swarm": {"ControlAvailable": False}},
        }
        return FakeEngine(**{**known, **answers})

    return make


def prove(engine, **given):
    return proof.converge(
        engine, params(OPTIONS, name="ana", pool="festival-pool", places=PLACES, timeout=0, **given), False
    )


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


@needs_root
def test_a_host_that_reaches_all_others_is_proven(listen, host):
    assert prove(host(listen(THERE, ELSEWHERE))) == {"changed": False, "missed": [], "cut_off": False}


@needs_root
def test_who_is_missed_is_named_and_who_misses_all_is_cut_off(listen, host, documented):
    assert prove(host(listen(THERE)), tolerant=True) == {"changed": False, "missed": ["carla"], "cut_off": False}
    assert prove(host(listen(HERE)), tolerant=True) == {"changed": False, "missed": ["berta", "carla"], "cut_off": True}
    with pytest.raises(FestivalError) as error:
        prove(host(listen(THERE)))
    words = (
        documented("Containers that do not reach others").replace("mana", "ana").replace("fabulosos-cadillacs", "carla")
    )
    assert str(error.value) == words


@needs_root
def test_a_manager_whose_restart_would_end_a_job_is_spared(listen, host):
    job = {"ID": "s1", "Spec": {"Labels": {"festival.job": "forecast-1"}}}
    busy = {"services": [job], "tasks": [{"ServiceID": "s1"}], "info": {"Swarm": {"ControlAvailable": True}}}
    with pytest.raises(FestivalError, match="Host ana is cut off .* would end the master of job forecast-1"):
        prove(host(listen(HERE), **busy), tolerant=True)


def test_a_host_without_a_container_has_nothing_to_prove(host):
    assert prove(host(1, containers=[])) == {"changed": False, "missed": [], "cut_off": False}


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


@pytest.fixture
def missing(host, monkeypatch):
    """Return a function that says which workers the master on node a misses, of a pool with PLACES and two slots."""
    monkeypatch.setattr(
        "ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.missing.pool_places",
        lambda *_: PLACES,
    )
    pool = {"Spec": {"Name": "festival-pool", "Labels": {"festival.slots": "2"}}}
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
