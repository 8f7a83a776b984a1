"""A master as a container: what the engine is told, and what is made of its answers."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.master import (
    ContainerMaster,
    masters_of,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.options import argument_spec
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, absent, fault, params

OPTIONS = argument_spec("manager")
GIVEN = {"id": "a-1", "image": "m:1", "command": ["a.R", "x"], "network": "festival"}
RUNNING = {"Status": "running", "Error": "", "OOMKilled": False, "ExitCode": 0}
KEYS = {"version": 1, "directory": "/trust"}


def container_master(state=None, **given):
    inspected = {"State": state, "RestartCount": 2}
    found = {"containers": [{}], "inspect_container": inspected} if state else {"containers": []}
    engine = FakeEngine(**found, create_container={"Id": "c1"})
    return ContainerMaster(engine, params(OPTIONS, **{**GIVEN, "backend": "docker", **given}))


def test_a_container_master_is_told_its_workers_by_name():
    given = {"pool": "festival-pool", "address": "172.18.0.10", "keys": KEYS}
    master = container_master(**given, limit_cpus=0.5, limit_memory="64M")
    slots = {"festival.slots": "2"}
    master.client.answers["containers"] = [
        {"Names": [f"/{name}"], "Labels": slots} for name in ("mana", "aterciopelados")
    ]
    master.start(master.plan("/jobs/a-1", {"A": "1"}))
    assert master.client.orders() == ["create_container", "start"]
    told = master.client.told[0][1]
    assert told["environment"] == {
        "A": "1",
        "FESTIVAL_POOL": "festival-pool",
        "FESTIVAL_POOL_ADDRESS": "aterciopelados mana",
        "FESTIVAL_CONTAINERS": "2",
        "FESTIVAL_SLOTS": "2",
        "FESTIVAL_WORKERS": "4",
    }
    host = told["host_config"]
    assert host["Binds"][0] == "/jobs/a-1:/job:rw" and set(host["Binds"][1:]) == {
        "/trust/v1/ssh_key:/run/secrets/festival_ssh_key:ro",
        "/trust/v1/host_key:/run/secrets/festival_host_key:ro",
        "/trust/v1/authorized_keys:/etc/festival/authorized_keys:ro",
        "/trust/v1/known_hosts:/etc/festival/known_hosts:ro",
        "/trust/pools/festival-pool/v1/token:/run/secrets/festival_token:ro",
    }
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


@pytest.mark.parametrize("killed", [True, False])
def test_the_engine_knows_whether_the_memory_was_too_small(killed):
    assert container_master({**RUNNING, "OOMKilled": killed}).out_of_memory() is killed
    assert not container_master().out_of_memory() and container_master().attempts() == 0
    assert container_master(RUNNING).attempts() == 3


def test_removing_a_master_that_is_not_there_is_nothing():
    master = container_master()
    master.remove()
    assert not master.exists() and master.client.told == []


def test_a_pool_that_is_not_there_is_told_before_a_master_is_made():
    master = container_master(pool="nosuch")
    with pytest.raises(FestivalError, match="Pool nosuch is not there. Run playbooks/workers.yml first."):
        master.plan("/jobs/a-1", {})
    assert master.client.told == []


def test_a_master_may_have_a_name_of_its_own():
    names = [container_master(hostname=given).name for given in ("", "duarte")]
    assert names == ["festival-job-a-1", "duarte"]


def test_the_masters_of_a_pool_are_found_by_the_labels_of_their_cluster_and_pool():
    asked = {}

    def containers(filters, **_):
        asked.update(filters)
        return [{"Names": ["/duarte"], "Labels": {"festival.job": "b-1"}}]

    assert masters_of(FakeEngine(containers=containers), "other", "the-pool") == {"duarte": "b-1"}
    assert asked == {"label": ["festival.cluster=other", "festival.pool=the-pool", "festival.job"]}
