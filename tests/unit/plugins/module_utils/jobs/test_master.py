"""The master of each backend: what the engine is told, and what is made of its answers."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.master import (
    ContainerMaster,
    SwarmMaster,
    labels,
    master_for,
    masters_of_pool,
    restart_policy,
)
from ansible_collections.alparque.festival.plugins.modules.job_master import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, absent, fault, params

GIVEN = {"id": "a-1", "name": "festival-job-a-1", "image": "m:1", "command": ["a.R", "x"], "network": "festival"}
RUNNING = {"Status": "running", "Error": "", "OOMKilled": False, "ExitCode": 0}
KEY = {"name": "festival-host-key-v1", "target": "key", "uid": 2000}


def swarm_master(recorded, **given):
    engine = FakeEngine(**recorded("pool.json"), info=recorded("swarm_info.json")["manager"])
    return SwarmMaster(engine, params(OPTIONS, **{**GIVEN, **given}))


@pytest.mark.parametrize(("backend", "kind"), [("swarm", SwarmMaster), ("docker", ContainerMaster)])
def test_the_backend_decides(backend, kind):
    assert isinstance(master_for(FakeEngine(), params(OPTIONS, **GIVEN, backend=backend)), kind)


def test_a_swarm_master_is_one_task_on_this_manager_that_is_started_again_only_when_it_died(recorded):
    master = swarm_master(recorded, pool="festival-pool", secrets=[KEY], limit_cpus=2, limit_memory="1G")
    master.start(master.plan("/var/lib/festival/jobs/a-1", {"A": "1"}))
    [(order, told)] = master.client.told
    template = told["task_template"]
    assert order == "create_service" and told["name"] == "festival-job-a-1"
    assert told["mode"] == {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}}
    assert template["Placement"] == {"Constraints": ["node.id == mo6s3aat8vfoyiz354w7mtkaa"]}
    assert template["RestartPolicy"] == {"Condition": "on-failure", "MaxAttempts": 3, "Delay": 1_000_000_000}
    assert told["labels"] == {"festival.job": "a-1", "festival.pool": "festival-pool"}
    assert template["Resources"] == {"Limits": {"NanoCPUs": 2_000_000_000, "MemoryBytes": 1 << 30}}
    assert template["Networks"] == [{"Target": "oj0ngmdxmpcrq93cgvrgav8wk"}]
    container = template["ContainerSpec"]
    assert container["Mounts"] == [{"Type": "bind", "Source": "/var/lib/festival/jobs/a-1", "Target": "/job"}]
    assert (container["Args"], container["Hostname"]) == (["a.R", "x"], "a-1")
    assert container["Env"] == [
        "A=1",
        "FESTIVAL_CONTAINERS=3",
        "FESTIVAL_POOL=festival-pool",
        "FESTIVAL_POOL_ADDRESS=tasks.festival-pool",
        "FESTIVAL_SLOTS=1",
    ]
    assert container["Secrets"][0]["File"] == {"Name": "key", "UID": "2000", "GID": "2000", "Mode": 0o400}


def test_a_master_without_workers_needs_neither_pool_nor_network(recorded):
    master = swarm_master(recorded, network="", hostname="duarte", restarts=0)
    master.start(master.plan("/jobs/a-1", {}))
    template = master.client.told[0][1]["task_template"]
    assert template["RestartPolicy"] == {"Condition": "none"}
    assert template["Networks"] == [] and template["ContainerSpec"]["Env"] == []
    assert template["ContainerSpec"]["Hostname"] == "duarte"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pool": "nosuch"}, "Pool nosuch is not there. Run playbooks/workers.yml first."),
        ({"network": "nosuch"}, "Network nosuch is not there. Run playbooks/network.yml first."),
        (
            {"secrets": [{**KEY, "name": "nosuch"}]},
            "Secret nosuch is not in this swarm. Run playbooks/trust.yml first.",
        ),
        ({"limit_memory": "lots"}, "Memory size 'lots' is not a number"),
    ],
)
def test_what_a_master_lacks_is_named_before_it_is_made(recorded, given, message):
    master = swarm_master(recorded, **given)
    with pytest.raises(FestivalError, match=message):
        master.start(master.plan("/jobs/a-1", {}))
    assert master.client.told == []


@pytest.mark.parametrize(
    ("case", "ended", "waiting"),
    [
        ("ok", "finished", ""),
        ("bad", "task: non-zero exit (2)", "task: non-zero exit (2)"),
        ("oom", "task: non-zero exit (137)", "task: non-zero exit (137)"),
        ("image", "No such image: festival/nosuch:1", "No such image: festival/nosuch:1"),
        ("run", None, ""),
        ("node", None, "no suitable node (scheduling constraints not satisfied on 3 nodes)"),
        (None, None, ""),
    ],
)
def test_how_a_swarm_master_ended_or_what_it_waits_for(recorded, case, ended, waiting):
    tasks = recorded("master_tasks.json")[case] if case else []
    master = SwarmMaster(FakeEngine(tasks=tasks, services=[]), params(OPTIONS, **GIVEN))
    found = master.ended()
    assert (found.message if found else None) == ended and master.waiting_for() == waiting


def test_removing_a_master_that_is_not_there_is_nothing(recorded):
    for kind, questions in ((SwarmMaster, {"services": [], "containers": []}), (ContainerMaster, {"containers": []})):
        master = kind(FakeEngine(**questions), params(OPTIONS, **GIVEN))
        master.remove()
        assert not master.exists() and master.client.told == []


def container_master(state=None, **given):
    inspected = {"State": state, "RestartCount": 2}
    found = {"containers": [{}], "inspect_container": inspected} if state else {"containers": []}
    engine = FakeEngine(**found, create_container={"Id": "c1"})
    return ContainerMaster(engine, params(OPTIONS, **{**GIVEN, "backend": "docker", **given}))


def test_a_container_master_is_told_its_workers_by_name():
    keys = [{"source": "/var/lib/festival/key", "target": "/run/secrets/key"}]
    given = {
        "pool": "festival-pool",
        "workers": ["aterciopelados", "mana"],
        "slots": 2,
        "address": "172.18.0.10",
        "key_files": keys,
    }
    master = container_master(**given, limit_cpus=0.5, limit_memory="64M")
    master.start(master.plan("/jobs/a-1", {"A": "1"}))
    assert master.client.orders() == ["create_container", "start"]
    told = master.client.told[0][1]
    assert told["environment"] == {
        "A": "1",
        "FESTIVAL_POOL": "festival-pool",
        "FESTIVAL_POOL_ADDRESS": "aterciopelados mana",
        "FESTIVAL_CONTAINERS": "2",
        "FESTIVAL_SLOTS": "2",
    }
    host = told["host_config"]
    assert host["Binds"] == ["/jobs/a-1:/job:rw", "/var/lib/festival/key:/run/secrets/key:ro"]
    assert (host["NanoCpus"], host["Memory"], host["NetworkMode"]) == (500_000_000, 64 << 20, "festival")
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    endpoint = told["networking_config"]["EndpointsConfig"]["festival"]
    assert endpoint["IPAMConfig"] == {"IPv4Address": "172.18.0.10"}


def test_a_container_master_without_network_is_alone():
    master = container_master(network="")
    master.start(master.plan("/jobs/a-1", {}))
    told = master.client.told[0][1]
    assert told["host_config"]["NetworkMode"] == "none" and told["networking_config"] is None
    assert told["environment"] == {}


@pytest.mark.parametrize(
    ("state", "ended"),
    [
        ({"Status": "running", "Error": "", "OOMKilled": False, "ExitCode": 0}, None),
        ({"Status": "exited", "Error": "", "OOMKilled": False, "ExitCode": 3}, "exit code 3"),
        ({"Status": "exited", "Error": "", "OOMKilled": True, "ExitCode": 137}, "exit code 137"),
        ({"Status": "restarting", "Error": "", "OOMKilled": False, "ExitCode": 137}, None),
        (
            {"Status": "dead", "Error": "no space left on device", "OOMKilled": True, "ExitCode": 1},
            "no space left on device",
        ),
        (None, "its container is gone"),
    ],
)
def test_how_a_container_master_ended(state, ended):
    found = container_master(state).ended()
    assert (found.message if found else None) == ended


@pytest.mark.parametrize(("died", "restarts", "ended"), [(1, 3, False), (3, 3, False), (4, 3, True), (1, 0, True)])
def test_a_swarm_master_has_ended_when_the_swarm_does_not_start_it_again(recorded, died, restarts, ended):
    tasks = recorded("master_tasks.json")["oom"] * died
    policy = restart_policy(restarts)
    service = {"Spec": {"Name": "festival-job-a-1", "TaskTemplate": {"RestartPolicy": policy}}}
    master = SwarmMaster(FakeEngine(tasks=tasks, services=[service]), params(OPTIONS, **GIVEN))
    assert bool(master.ended()) is ended and master.attempts() == died


def test_a_master_that_was_started_again_is_running(recorded):
    tasks = recorded("master_tasks.json")["oom"] + recorded("master_tasks.json")["run"]
    assert SwarmMaster(FakeEngine(tasks=tasks), params(OPTIONS, **GIVEN)).ended() is None


@pytest.mark.parametrize("killed", [True, False])
def test_the_engine_knows_whether_the_memory_was_too_small(killed):
    container = {"State": {"OOMKilled": killed}}
    engine = FakeEngine(containers=[{"Id": "c1"}], inspect_container=container)
    assert SwarmMaster(engine, params(OPTIONS, **GIVEN)).out_of_memory() is killed
    assert container_master({**RUNNING, "OOMKilled": killed}).out_of_memory() is killed
    assert not container_master().out_of_memory() and container_master().attempts() == 0
    assert container_master(RUNNING).attempts() == 3


@pytest.mark.parametrize(
    ("backend", "answers"),
    [
        ("swarm", {"services": [{"Spec": {"Name": "festival-job-b-1", "Labels": {"festival.job": "b-1"}}}]}),
        ("docker", {"containers": [{"Names": ["/festival-job-b-1"], "Labels": {"festival.job": "b-1"}}]}),
    ],
)
def test_the_masters_of_a_pool_are_found_by_its_label(backend, answers):
    assert masters_of_pool(FakeEngine(**answers), backend, "festival-pool") == {"festival-job-b-1": "b-1"}


def test_a_job_without_workers_holds_no_pool():
    given = params(OPTIONS, **GIVEN, pool="festival-pool", engine="none")
    assert labels(given) == {"festival.job": "a-1"}


def test_a_container_that_somebody_else_removes_is_no_error():
    master = container_master(RUNNING)
    for words in (absent("No such container"), fault("removal of container c1 is already in progress")):
        master.client.answers["remove_container"] = words
        master.remove()
    master.client.answers["remove_container"] = fault("driver failed")
    with pytest.raises(FestivalError, match="driver failed"):
        master.remove()


def test_removing_a_container_master_takes_its_volumes_along():
    master = container_master({"Status": "running"})
    master.remove()
    assert master.client.told == [("remove_container", {"container": "festival-job-a-1", "force": True, "v": True})]


@pytest.mark.parametrize("method", ["create_container", "start"])
def test_a_refusal_names_the_master(method):
    master = container_master()
    master.client.answers[method] = fault("no such image: m:1")
    with pytest.raises(FestivalError, match="Starting master festival-job-a-1: the engine says: no such image: m:1"):
        master.start(master.plan("/jobs/a-1", {}))
