"""The cluster as recorded engines describe it: whole, with hosts down, and one engine by itself."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.info import CUT_OFF, describe_pool
from ansible_collections.alparque.festival.plugins.module_utils.hosts.describe import (
    describe_registry,
)
from ansible_collections.alparque.festival.plugins.modules import cluster_info
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, has_labels, params

PEERS = [{"IP": f"10.222.0.{number}"} for number in (2, 3, 4)]
NAMES = ("aterciopelados", "fabulosos_cadillacs", "mana")


@pytest.fixture
def cluster(recorded):
    """Return a function that asks a recorded engine; the fake does not filter, so this does."""

    def ask(which, check_mode=False, peers=PEERS, **given):
        answers = recorded("cluster.json")[which]
        given = {"backend": "docker" if which == "alone" else "swarm", **given}

        def containers(all, filters):
            # A registry that has stopped is to be seen, too.
            assert all
            return [each for each in answers["containers"] if has_labels(each["Labels"], filters["label"])]

        def tasks(filters):
            ids = [each["ID"] for each in answers["services"] if each["Spec"]["Name"] == filters["service"]]
            return [task for task in answers["tasks"] if task["ServiceID"] in ids]

        def services(filters):
            return [each for each in answers["services"] if filters["label"] in each["Spec"]["Labels"]]

        def networks(filters=None):
            return [each for each in answers["networks"] if not filters or each["Driver"] == filters["driver"]]

        known = {"containers": containers, "tasks": tasks, "services": services, "networks": networks}
        engine = FakeEngine(**{**answers, **known, "inspect_network": lambda net_id: {"Peers": peers}})
        result = cluster_info.converge(engine, params(cluster_info.OPTIONS, **given), check_mode)
        assert engine.told == [] and result["changed"] is False
        return result["cluster"]

    return ask


def inventory(*names, **facts):
    return [{"name": name, "reachable": True, **facts} for name in names]


def contains(*path):
    about = yaml.safe_load(cluster_info.RETURN)["cluster"]
    for part in path:
        about = about["contains"][part]
    return set(about["contains"])


@pytest.mark.parametrize("which", ["whole", "down", "alone"])
def test_everything_is_as_documented(cluster, which):
    told = cluster(which, inventory=inventory("mana", "nobody"))
    assert set(told) == contains()
    assert set(told["swarm"]) == contains("swarm")
    assert {frozenset(host) for host in told["hosts"]} == {frozenset(contains("hosts"))}
    assert {frozenset(pool) for pool in told["pools"]} == {frozenset(contains("pools"))}
    assert {frozenset(network) for network in told["networks"]} == {frozenset(contains("networks"))}
    assert told["registry"] is None or set(told["registry"]) == contains("registry")


def test_a_whole_cluster(cluster):
    told = cluster("whole", check_mode=True, inventory=inventory(*NAMES))
    assert [(host["name"], host["role"], host["state"], host["cpus"]) for host in told["hosts"]] == [
        ("aterciopelados", "manager", "ready", 2.0),
        ("fabulosos_cadillacs", "worker", "ready", 2.0),
        ("mana", "worker", "ready", 2.0),
    ]
    assert {host["engine_version"] for host in told["hosts"]} == {"20.10.24+dfsg1"}
    (pool,) = told["pools"]
    assert (pool["name"], pool["mode"], pool["replicas"], pool["containers"]) == ("festival-pool", "replicated", 3, 3)
    assert pool["containers_per_host"] == {"aterciopelados": 1, "fabulosos-cadillacs": 1, "mana": 1}
    assert pool["networks"] == ["festival"] and pool["problems"] == []
    assert told["networks"] == [
        {"name": "festival", "driver": "overlay", "subnets": ["10.77.0.0/20"], "encrypted": False}
    ]
    assert (told["registry"]["name"], told["registry"]["state"], told["registry"]["port"]) == (
        "festival-registry",
        "running",
        5000,
    )
    assert told["swarm"]["owner"] == "festival" and told["swarm"]["manages"]


def test_a_host_that_is_ready_and_cut_off_is_told(cluster):
    told = cluster("whole", peers=PEERS[:2], inventory=inventory(*NAMES))
    assert [(host["state"], host["cut_off"]) for host in told["hosts"]] == [("ready", False)] * 2 + [("ready", True)]
    assert [host["remark"] for host in told["hosts"]] == ["", "", CUT_OFF] and "provision.yml heals" in CUT_OFF
    alone = cluster("whole", peers=[], inventory=inventory(*NAMES, remark="slow"))
    assert [host["cut_off"] for host in alone["hosts"]] == [True, False, False], "who knows nobody is no witness"
    assert alone["hosts"][0]["remark"] == "slow", "what the host itself said is not lost"
    other = [*PEERS[:2], {"IP": "192.0.2.4"}]
    moved = inventory(*NAMES[:2]) + inventory("mana", address="192.0.2.4", node_id="7ubyjj6j88b7e5mgr701ngsj6")
    assert not any(host["cut_off"] for host in cluster("whole", peers=other, inventory=moved)["hosts"])


def test_another_cluster_s_registry_is_none_of_ours(cluster, recorded):
    """That of the recording is of an earlier release, and says nothing of whose it is."""
    assert cluster("whole", inventory=inventory(*NAMES), prefix="other")["registry"] is not None
    for container in (whole := recorded("cluster.json")["whole"])["containers"]:
        container["Labels"]["festival.cluster"] = "festival"
    engine = FakeEngine(**{**whole, "containers": lambda all, filters: whole["containers"]})
    assert describe_registry(engine, "festival") and describe_registry(engine, "other") is None


def test_hosts_that_are_down(cluster):
    told = cluster("down", inventory=inventory(*NAMES))
    assert [host["state"] for host in told["hosts"]] == ["ready", "down", "down"]
    assert told["pools"][0]["containers_per_host"] == {"aterciopelados": 3}, (
        "the swarm has put them where there is room"
    )


def test_a_pool_that_is_not_whole_says_why(recorded):
    (service,) = recorded("cluster.json")["whole"]["services"]
    told = describe_pool(service, recorded("service_tasks.json")["tasks"]["constraint"], {}, {})
    assert (told["containers"], told["replicas"], told["workers"]) == (0, 3, 0)
    assert told["problems"][0].startswith("- task 1 on no host yet: pending: no suitable node")
    service["Spec"]["Mode"] = {"Global": {}}
    told = describe_pool(service, recorded("service_tasks.json")["tasks"]["global"], {}, {})
    assert (told["mode"], told["containers"], told["replicas"], told["problems"]) == ("global", 3, 3, [])
