"""Service specs: their parts, and their comparison with a pool that an engine has added its defaults to."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import service
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.service import differences
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, fault


@pytest.mark.parametrize(
    ("is_now", "should_be"),
    [
        # what the engine adds on its own
        ({"Name": "p", "Isolation": "default", "ForceUpdate": 0}, {"Name": "p"}),
        ({"RestartPolicy": {"Condition": "any", "MaxAttempts": 0}}, {"RestartPolicy": {"Condition": "any"}}),
        # what it leaves out
        ({}, {"Parallelism": 0, "Env": [], "Limits": {}, "Name": "", "Flag": False}),
        ({"Limits": {}}, {"Limits": {"NanoCPUs": 0, "MemoryBytes": 0}}),
        (None, {"Limits": {"NanoCPUs": 0}}),
        # what it orders as it likes
        ({"Env": ["B=2", "A=1"]}, {"Env": ["A=1", "B=2"]}),
        (
            {"Secrets": [{"SecretName": "b", "SecretID": "2"}, {"SecretName": "a", "SecretID": "1"}]},
            {"Secrets": [{"SecretName": "a", "SecretID": "1"}, {"SecretName": "b", "SecretID": "2"}]},
        ),
        ({"Networks": [{"Target": "n", "Aliases": ["p"]}]}, {"Networks": [{"Target": "n"}]}),
    ],
)
def test_these_are_the_same(is_now, should_be):
    assert differences(is_now, should_be) == {}


@pytest.mark.parametrize(
    ("is_now", "should_be", "found"),
    [
        ({"Image": "a"}, {"Image": "b"}, {"Image": ("a", "b")}),
        ({"A": {"B": {"C": 1}}}, {"A": {"B": {"C": 2}}}, {"A.B.C": (1, 2)}),
        ({}, {"A": {"B": 1}}, {"A.B": (None, 1)}),
        # limits that are taken away: all of them, or one while the other stays
        ({"Limits": {"NanoCPUs": 5}}, {"Limits": {}}, {"Limits": ({"NanoCPUs": 5}, {})}),
        (
            {"Limits": {"NanoCPUs": 5, "MemoryBytes": 7}},
            {"Limits": {"NanoCPUs": 5, "MemoryBytes": 0}},
            {"Limits.MemoryBytes": (7, 0)},
        ),
        ({"Env": ["A=1"]}, {"Env": []}, {"Env": (["A=1"], [])}),
        ({"Env": ["A=1"]}, {"Env": ["A=1", "A=1"]}, {"Env": (["A=1"], ["A=1", "A=1"])}),
        (
            {"Secrets": [{"SecretName": "a", "SecretID": "1"}]},
            {"Secrets": [{"SecretName": "a", "SecretID": "2"}]},
            {"Secrets[0].SecretID": ("1", "2")},
        ),
        ({"Secrets": [{"SecretName": "a"}]}, {"Secrets": []}, {"Secrets": ([{"SecretName": "a"}], [])}),
        ({}, {"Networks": [{"Target": "n"}]}, {"Networks": (None, [{"Target": "n"}])}),
    ],
)
def test_these_differ_and_the_path_says_where(is_now, should_be, found):
    assert differences(is_now, should_be) == found


def test_every_value_of_a_real_spec_counts(recorded):
    """Change one leaf of a recorded spec after the other: each is noticed, at its own path."""
    spec = recorded("pool.json")["services"][0]["Spec"]
    assert differences(spec, spec) == {}
    leaves = 0
    for parent, key in list(_leaves(spec)):
        changed = copy.deepcopy(spec)
        # What it was comes first, so that it stays in its place in a list.
        _at(changed, parent)[key] = f"{_at(spec, parent)[key]} changed"
        found = differences(spec, changed)
        assert len(found) == 1, (parent, key)
        leaves += 1
    assert leaves > 30


def _leaves(value, path=()):
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list) and inner:
            yield from _leaves(inner, (*path, key))
        else:
            yield path, key


def _at(value, path):
    for key in path:
        value = value[key]
    return value


def test_secrets_and_configs_are_mounted_by_id_for_one_user(recorded):
    pool = recorded("pool.json")
    container = pool["services"][0]["Spec"]["TaskTemplate"]["ContainerSpec"]
    engine = FakeEngine(secrets=pool["secrets"], configs=pool["configs"])
    files = service.mounted_files(
        engine,
        [
            {"name": "festival-host-key-v1", "target": "festival_host_key", "uid": 2000},
            {"name": "festival-pool-token-v1", "target": "festival_token", "uid": 2000},
            {"name": "festival-ssh-key-v1", "target": "festival_ssh_key", "uid": 2000},
        ],
        [
            {"name": "festival-authorized-keys-v1", "target": "/etc/festival/authorized_keys", "uid": 2000},
            {"name": "festival-known-hosts-v1", "target": "/etc/festival/known_hosts", "uid": 2000},
        ],
    )
    assert files == {"Secrets": container["Secrets"], "Configs": container["Configs"]}
    assert service.mounted_files(FakeEngine(), [], []) == {"Secrets": [], "Configs": []}  # and asks for neither


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda engine: service.mounted_files(engine, [{"name": "b"}, {"name": "a"}], []),
            "Secret a, b is not in this swarm. Run playbooks/trust.yml first.",
        ),
        (
            lambda engine: service.mounted_files(engine, [], [{"name": "c"}]),
            "Config c is not in this swarm. Run playbooks/trust.yml first.",
        ),
        (
            lambda engine: service.network_id(engine, "fest"),
            "Network fest is not there. Run playbooks/network.yml first.",
        ),
    ],
)
def test_what_is_not_in_the_swarm_is_named_with_the_stage_that_makes_it(recorded, call, message):
    pool = recorded("pool.json")
    engine = FakeEngine(**{kind: pool[kind] for kind in ("secrets", "configs", "networks")})
    with pytest.raises(FestivalError) as caught:
        call(engine)
    assert str(caught.value) == message


def test_names_are_exact_where_the_engine_looks_for_prefixes(recorded):
    pool = recorded("pool.json")
    engine = FakeEngine(services=pool["services"], networks=pool["networks"])
    assert service.find_service(engine, "festival-pool")["ID"] == pool["services"][0]["ID"]
    assert service.find_service(engine, "festival") is None
    assert service.network_id(engine, "festival") == pool["networks"][0]["Id"]


def test_tasks_come_oldest_first_though_the_engine_leaves_out_zeros():
    times = ["2026-11-21T00:24:32.41Z", "2026-11-21T00:24:32.4Z", "2026-11-21T00:24:32.401Z", "2026-11-21T00:24:33Z"]
    tasks = service.tasks_of(FakeEngine(tasks=[{"CreatedAt": time} for time in times]), "p")
    assert [task["CreatedAt"][17:] for task in tasks] == ["32.4Z", "32.401Z", "32.41Z", "33Z"]


@pytest.mark.parametrize(
    ("case", "method", "call", "doing"),
    [
        (
            "stale",
            "update_service",
            lambda e, s: service.update_service(e, s, s["Spec"]),
            "Updating service festival-pool",
        ),
        (
            "bad target",
            "create_service",
            lambda e, s: service.create_service(e, s["Spec"]),
            "Creating service festival-pool",
        ),
        (
            "limits",
            "create_service",
            lambda e, s: service.create_service(e, s["Spec"]),
            "Creating service festival-pool",
        ),
        ("remove service none", "remove_service", lambda e, s: service.remove_service(e, "p"), "Removing service p"),
        ("not manager", "services", lambda e, s: service.find_service(e, "p"), "Looking for service p"),
        ("not manager", "tasks", lambda e, s: service.tasks_of(e, "p"), "Listing the tasks of p"),
        ("not manager", "networks", lambda e, s: service.network_id(e, "n"), "Looking for network n"),
        (
            "not manager",
            "secrets",
            lambda e, s: service.mounted_files(e, [{"name": "x"}], []),
            "Listing secrets and configs",
        ),
    ],
)
def test_a_refusal_says_what_was_being_done(recorded, case, method, call, doing):
    words = recorded("engine_faults.json")[case]
    with pytest.raises(FestivalError) as caught:
        call(FakeEngine(**{method: fault(words)}), recorded("pool.json")["services"][0])
    assert str(caught.value) == f"{doing}: the engine says: {words}"
