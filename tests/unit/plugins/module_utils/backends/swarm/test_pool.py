"""The pool on a recorded swarm: the spec and its changes, convergence, and what is told when it fails."""

from __future__ import annotations

import re

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.pool import (
    build_spec,
    converge,
    converged,
    describe,
    describe_failures,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.slots import Slots
from ansible_collections.alparque.festival.plugins.modules.pool import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, InTurn, fault, params

GIVEN = {
    "name": "festival-pool",
    "image": "10.218.0.2:5000/festival/worker@sha256:b74ea183083094f946c41b65c6255867be2f58affca08a565d678e2e348ba761",
    "network": "festival",
    "replicas": 3,
    "slots": "1",
    "keys": {"version": 1, "directory": "/var/lib/festival/trust"},
    "health_command": "read -t 2 -r banner < /dev/tcp/127.0.0.1/2222 && [[ $banner == SSH-* ]] && : < /dev/tcp/127.0.0.1/8650",
    "timeout": 0,
}

#: What every container is told: the swarm puts in the host's name.
OWN = [
    "FESTIVAL_HOST={{.Node.Hostname}}",
    "FESTIVAL_POOL=festival-pool",
    "FESTIVAL_POOL_ADDRESS=tasks.festival-pool",
    "FESTIVAL_SLOTS=1",
]


@pytest.fixture
def swarm(recorded):
    """Return a function that makes a manager on which the pool runs as GIVEN, or as ``answers`` say."""
    return lambda **answers: FakeEngine(**{**recorded("pool.json"), **answers})


@pytest.fixture
def run(swarm):
    def run(engine=None, check_mode=False, **given):
        return converge(engine or swarm(), params(OPTIONS, **{**GIVEN, **given}), check_mode)

    return run


def test_a_pool_as_specified_is_left_alone_whatever_the_engine_added(swarm, run):
    engine = swarm()
    result = run(engine)
    assert engine.told == [] and not result["changed"] and result["diff"] == {"before": {}, "after": {}}
    assert result["pool"] == {
        "name": "festival-pool",
        "containers": 3,
        "slots": 1,
        "workers": 3,
        "containers_per_host": {"aterciopelados": 1, "fabulososcadillacs": 1, "mana": 1},
        "workers_per_host": {"aterciopelados": 1, "fabulososcadillacs": 1, "mana": 1},
        "task_ids": result["pool"]["task_ids"],
        "places": [],
    }
    assert len(set(result["pool"]["task_ids"])) == 3


@pytest.mark.parametrize(
    ("given", "path", "after"),
    [
        ({"replicas": 5}, "Mode.Replicated.Replicas", 5),
        ({"image": "w:2"}, "TaskTemplate.ContainerSpec.Image", "w:2"),
        (
            {"env": {"Z": 2, "A": "1", "FESTIVAL_SLOTS": 9, "FESTIVAL_POOL": "other"}},
            "TaskTemplate.ContainerSpec.Env",
            ["A=1", *OWN, "Z=2"],
        ),
        ({"limit_cpus": 1.5}, "TaskTemplate.Resources.Limits.NanoCPUs", 1_500_000_000),
        ({"limit_memory": "1G"}, "TaskTemplate.Resources.Limits.MemoryBytes", 1 << 30),
        ({"reserve_cpus": 1}, "TaskTemplate.Resources.Reservations.NanoCPUs", 1_000_000_000),
        ({"reserve_memory": "1M"}, "TaskTemplate.Resources.Reservations.MemoryBytes", 1 << 20),
        ({"constraints": ["node.role == worker"]}, "TaskTemplate.Placement.Constraints", ["node.role == worker"]),
        ({"health_command": "true"}, "TaskTemplate.ContainerSpec.Healthcheck.Test", ["CMD", "bash", "-c", "true"]),
        ({"health_interval": 9}, "TaskTemplate.ContainerSpec.Healthcheck.Interval", 9_000_000_000),
        ({"update_parallelism": 1}, "UpdateConfig.Parallelism", 1),
        ({"update_delay": 2}, "UpdateConfig.Delay", 2_000_000_000),
        ({"update_order": "start-first"}, "UpdateConfig.Order", "start-first"),
    ],
)
def test_each_option_changes_the_service_and_shows_in_the_diff(swarm, run, given, path, after):
    engine = swarm()
    checked = run(engine, check_mode=True, **given)
    assert checked["changed"] and engine.told == []
    # Constraints show once more, as the label that makes the swarm start all tasks anew.
    shown = {where: value for where, value in checked["diff"]["after"].items() if "festival.constraints" not in where}
    assert shown == {path: after}
    try:
        run(engine, **given)
    except FestivalError as error:
        assert "has not converged" in str(error)  # the recorded tasks still run the earlier spec
    [(order, told)] = engine.told
    assert order == "update_service" and told["version"] == swarm().answers["services"][0]["Version"]["Index"]


def test_slots_are_a_label_of_the_pool_and_told_to_its_containers(run):
    after = run(check_mode=True, slots="2")["diff"]["after"]
    assert after == {"Labels.festival.slots": "2", "TaskTemplate.ContainerSpec.Env": [*OWN[:3], "FESTIVAL_SLOTS=2"]}


@pytest.mark.parametrize("given", [{"limit_cpus": 2}, {"limit_memory": "1G"}, {"limit_cpus": 2, "limit_memory": "1G"}])
def test_a_limit_that_is_taken_away_is_a_change(swarm, run, recorded, given):
    services = recorded("pool.json")["services"]
    limits = {"NanoCPUs": 2_000_000_000, "MemoryBytes": 1 << 30}
    services[0]["Spec"]["TaskTemplate"]["Resources"]["Limits"] = limits
    both = {"limit_cpus": 2, "limit_memory": "1G"}
    assert not run(swarm(services=services), check_mode=True, **both)["changed"]
    less = {key: value for key, value in both.items() if key not in given}
    assert run(swarm(services=services), check_mode=True, **less)["changed"]


def test_other_keys_or_another_user_of_them_change_the_service(swarm, run):
    for given in ({"keys": None}, {"uid": 3000}):
        after = run(swarm(), check_mode=True, **given)["diff"]["after"]
        assert after and all(re.search("Secrets|Configs", path) for path in after)


@pytest.mark.parametrize(
    "given", [{"limit_memory": "much"}, {"network": "nosuch"}, {"keys": {**GIVEN["keys"], "version": 2}}]
)
def test_wrong_input_is_an_error_before_anything_is_changed(swarm, run, given):
    engine = swarm()
    with pytest.raises(FestivalError, match="Correct it|Run playbooks/"):
        run(engine, **given)
    assert engine.told == []


def test_a_new_pool_is_made_and_waited_for(swarm, run, recorded):
    tasks = recorded("pool.json")["tasks"]
    engine = swarm(services=[], tasks=InTurn([[], tasks[:2], tasks]))
    result = run(engine, timeout=5)
    assert result["changed"] and result["pool"]["containers"] == 3
    assert result["diff"] == {"before": {"festival-pool": None}, "after": {"festival-pool": "a new service"}}
    [(order, told)] = engine.told
    assert order == "create_service" and told["endpoint_spec"] == {"Mode": "dnsrr"}
    assert told["mode"] == {"Replicated": {"Replicas": 3}} and told["labels"] == {
        "festival.cluster": "festival",
        "festival.slots": "1",
    }
    assert told["task_template"]["Networks"] == [{"Target": "oj0ngmdxmpcrq93cgvrgav8wk"}]


def test_check_mode_of_a_new_pool_asks_for_nothing_that_is_still_to_be_made(run):
    result = run(FakeEngine(services=[]), check_mode=True)
    assert result["changed"] and result["pool"] is None and list(result["diff"]["after"].values()) == [True]


def test_check_mode_says_that_the_pool_would_move_to_keys_that_are_still_to_be_made(swarm, run):
    engine = swarm()
    after = run(engine, check_mode=True, keys={**GIVEN["keys"], "version": 2})["diff"]["after"]
    moved = {f"festival-{part}-v2" for part in ("ssh-key", "host-key", "authorized-keys", "known-hosts", "pool-token")}
    assert {"to be made", *moved} == set(after.values())
    assert engine.told == []


def test_a_change_of_mode_makes_the_service_anew(swarm, run, recorded):
    engine = swarm(update_service=fault(recorded("engine_faults.json")["mode change"]))
    result = run(engine, check_mode=True, mode="global")
    assert result["diff"]["before"] == {"Mode": {"Replicated": {"Replicas": 3}}} and engine.told == []
    assert run(engine, mode="global")["changed"]
    assert engine.orders() == ["remove_service", "create_service"]
    services = recorded("pool.json")["services"]
    services[0]["Spec"]["Mode"] = {"Global": {}}
    assert not run(swarm(services=services), mode="global")["changed"]
    assert "Mode" in run(swarm(services=services), check_mode=True)["diff"]["after"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_absent_removes_the_service_once(swarm, run, check_mode):
    engine = swarm()
    result = run(engine, check_mode, state="absent")
    assert result["changed"] and result["pool"] is None and list(result["diff"]["before"].values()) == [True]
    assert engine.orders() == ([] if check_mode else ["remove_service"])
    assert not run(swarm(services=[]), check_mode, state="absent")["changed"]


ANY: dict = {"ForceUpdate": 0}  # a part that every task has, said or unsaid
SPECS = {
    "global": {"Mode": {"Global": {}}, "TaskTemplate": ANY},
    "three": {"Mode": {"Replicated": {"Replicas": 3}}, "TaskTemplate": ANY},
    "two": {"Mode": {"Replicated": {"Replicas": 2}}, "TaskTemplate": ANY},
    "one": {"Mode": {"Replicated": {"Replicas": 1}}, "TaskTemplate": ANY},
    "updated": {"Mode": {"Replicated": {"Replicas": 3}}, "TaskTemplate": {"ContainerSpec": {"Env": ["A=2"]}}},
}


@pytest.mark.parametrize(
    ("case", "spec", "is_converged"),
    [
        ("rolling", "three", True),
        ("rolling", "two", False),  # one too many is still there
        ("global", "global", True),
        ("global", "three", True),
        ("shrinking", "one", True),  # tasks of removed places still run, but nobody wants them
        ("shrunk", "one", True),  # failures of the past and tasks of removed places do not count
        ("updating", "three", True),
        ("updating", "updated", False),  # all run, two of them the earlier spec
        ("paused", "three", False),
        ("starting", "two", False),  # running on paper: desired, but not healthy yet
        ("unhealthy", "two", False),
        ("exit", "two", False),
        ("image", "two", False),
        ("constraint", "two", False),
        ("memory", "two", False),
    ],
)
def test_converged_when_every_wanted_task_runs_the_present_spec(recorded, case, spec, is_converged):
    assert converged(recorded("service_tasks.json")["tasks"][case], SPECS[spec]) is is_converged


def test_without_any_task_only_an_empty_pool_has_converged():
    assert not converged([], SPECS["global"]) and not converged([], SPECS["one"])
    assert converged([], {"Mode": {"Replicated": {"Replicas": 0}}, "TaskTemplate": {}})


@pytest.mark.parametrize(
    ("case", "lines"),
    [
        ("image", ["- task {} on aterciopelados: rejected: No such image: festival/nosuch:1"] * 2),
        (
            "constraint",
            ["- task {} on no host yet: pending: no suitable node (scheduling constraints not satisfied on 3 nodes)"]
            * 2,
        ),
        ("memory", ["- task {} on no host yet: pending: no suitable node (insufficient resources on 3 nodes)"] * 2),
        ("exit", ["- task 1 on aterciopelados: failed: task: non-zero exit (3)"]),  # at that moment, task 2 ran again
        (
            "unhealthy",
            ["- task {} on aterciopelados: failed: task: non-zero exit (137): dockerexec: unhealthy container"] * 2,
        ),
        ("starting", ["- task {} on aterciopelados: starting: starting"] * 2),
        ("paused", ["- task 3 on aterciopelados: rejected: No such image: festival/nosuch:2"]),
        ("updating", ["- all tasks run, but not all of them as now specified: the update is still under way"]),
    ],
)
def test_each_place_that_fails_is_told_with_its_host_and_the_engines_words(recorded, case, lines):
    seen = recorded("service_tasks.json")
    tasks = sorted(seen["tasks"][case], key=lambda task: task["CreatedAt"])
    nodes = {node: {"hostname": name} for node, name in seen["hosts"].items()}
    wanted = [line.format(number) for number, line in enumerate(lines, 1)]
    assert describe_failures(tasks, nodes).splitlines() == wanted


def test_a_global_task_that_fails_is_named_by_its_host(recorded):
    task = {
        "ID": "t",
        "NodeID": "n1",
        "DesiredState": "ready",
        "Status": {"State": "rejected", "Err": "no space"},
        "Spec": {},
    }
    assert describe_failures([task], {"n1": {"hostname": "mana"}}) == "- task n1 on mana: rejected: no space"


def test_a_pool_that_does_not_converge_names_task_host_cause_and_next_step(swarm, run, recorded):
    tasks = recorded("service_tasks.json")["tasks"]["image"]
    with pytest.raises(FestivalError) as caught:
        run(swarm(tasks=tasks))
    first, *failures, last = str(caught.value).splitlines()
    assert first == "Pool festival-pool has not converged after 0 s:"
    assert failures == [f"- task {n} on aterciopelados: rejected: No such image: festival/nosuch:1" for n in (1, 2)]
    assert last.startswith("Mend what these name") and last.endswith("or raise workers_timeout, and run again.")
    with pytest.raises(FestivalError, match="the engine has made no task; no host matches the constraints"):
        run(swarm(tasks=[]))


def test_describe_counts_what_runs_and_multiplies_by_slots(recorded):
    seen = recorded("service_tasks.json")
    nodes = {node: {"hostname": name} for node, name in seen["hosts"].items()}
    spec = build_spec(params(OPTIONS, **GIVEN), {}, "n", Slots(4))
    pool = describe(spec, seen["tasks"]["shrunk"], nodes)
    assert (pool["containers"], pool["workers"], pool["containers_per_host"]) == (1, 4, {"aterciopelados": 1})


def test_the_spec_addresses_each_worker_and_pauses_a_failing_update():
    spec = build_spec(params(OPTIONS, **GIVEN), {}, "n", Slots(1))
    assert spec["EndpointSpec"] == {"Mode": "dnsrr"} and spec["UpdateConfig"]["FailureAction"] == "pause"


def test_a_pool_of_another_name_is_found_by_that_and_each_has_memory_to_share():
    spec = build_spec(params(OPTIONS, **{**GIVEN, "name": "mariachi"}), {}, "n", Slots(1))
    container = spec["TaskTemplate"]["ContainerSpec"]
    assert {"FESTIVAL_POOL=mariachi", "FESTIVAL_POOL_ADDRESS=tasks.mariachi"} <= set(container["Env"])
    assert container["Mounts"] == [{"Type": "tmpfs", "Target": "/dev/shm"}]
