"""A master as a job service: what the Swarm is told, and what is made of its answers."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends import labels
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.master import (
    SwarmMaster,
    masters_of,
    restart_policy,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.options import argument_spec
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, params

OPTIONS = argument_spec("manager")
GIVEN = {"id": "a-1", "image": "m:1", "command": ["a.R", "x"], "network": "festival"}
KEYS = {"version": 1, "directory": "/var/lib/festival/trust"}


def swarm_master(recorded, **given):
    engine = FakeEngine(**recorded("pool.json"), info=recorded("swarm_info.json")["manager"])
    return SwarmMaster(engine, params(OPTIONS, **{**GIVEN, **given}))


def test_a_swarm_master_is_one_task_on_this_manager_that_is_started_again_only_when_it_died(recorded):
    master = swarm_master(recorded, pool="festival-pool", keys=KEYS, limit_cpus=2, limit_memory="1G")
    master.start(master.plan("/var/lib/festival/jobs/a-1", {"A": "1"}))
    [(order, told)] = master.client.told
    template = told["task_template"]
    assert order == "create_service" and told["name"] == "festival-job-a-1"
    assert told["mode"] == {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}}
    assert template["Placement"] == {"Constraints": ["node.id == mo6s3aat8vfoyiz354w7mtkaa"]}
    assert template["RestartPolicy"] == {"Condition": "on-failure", "MaxAttempts": 3, "Delay": 1_000_000_000}
    assert told["labels"] == {"festival.cluster": "festival", "festival.job": "a-1", "festival.pool": "festival-pool"}
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
        "FESTIVAL_WORKERS=3",
    ]
    mounted = {entry["SecretName"]: entry["File"] for entry in container["Secrets"]}
    assert mounted["festival-host-key-v1"] == {"Name": "festival_host_key", "UID": "2000", "GID": "2000", "Mode": 0o400}
    assert set(mounted) == {"festival-ssh-key-v1", "festival-host-key-v1", "festival-pool-token-v1"}
    assert [entry["File"]["Name"] for entry in container["Configs"]] == [
        "/etc/festival/authorized_keys",
        "/etc/festival/known_hosts",
    ]


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
            {"keys": {**KEYS, "version": 7}},
            "Secret .*festival-ssh-key-v7.* is not in this swarm. Run playbooks/trust.yml first.",
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


def test_a_job_without_workers_holds_no_pool():
    given = params(OPTIONS, **GIVEN, pool="festival-pool", engine="none")
    assert labels.of_master(given) == {"festival.cluster": "festival", "festival.job": "a-1"}


@pytest.mark.parametrize("killed", [True, False])
def test_the_engine_knows_whether_the_memory_was_too_small(killed):
    engine = FakeEngine(containers=[{"Id": "c1"}], inspect_container={"State": {"OOMKilled": killed}})
    assert SwarmMaster(engine, params(OPTIONS, **GIVEN)).out_of_memory() is killed


def test_removing_a_master_that_is_not_there_is_nothing():
    master = SwarmMaster(FakeEngine(services=[], containers=[]), params(OPTIONS, **GIVEN))
    master.remove()
    assert not master.exists() and master.client.told == []


def test_the_masters_of_a_pool_are_found_by_the_labels_of_their_cluster_and_pool():
    asked = {}

    def services(filters):
        asked.update(filters)
        return [{"Spec": {"Name": "other-job-b-1", "Labels": {"festival.job": "b-1"}}}]

    assert masters_of(FakeEngine(services=services), "other", "the-pool") == {"other-job-b-1": "b-1"}
    assert asked == {"label": ["festival.cluster=other", "festival.pool=the-pool", "festival.job"]}


def test_clusters_with_different_prefixes_have_masters_of_different_names():
    named = [
        SwarmMaster(FakeEngine(), params(OPTIONS, **GIVEN, prefix=prefix)).name for prefix in ("festival", "other")
    ]
    assert named == ["festival-job-a-1", "other-job-a-1"]
    assert SwarmMaster(FakeEngine(), {}, "as-recorded").name == "as-recorded"
