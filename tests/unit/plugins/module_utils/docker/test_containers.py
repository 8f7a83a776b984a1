"""What several rooms do with a container, in the forms that the SDK has for it."""

from __future__ import annotations

import docker
import pytest
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import APIError
from ansible_collections.alparque.festival.plugins.module_utils.docker.containers import (
    health,
    limits,
    networking,
    remove_container,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, absent, fault


def test_a_container_is_removed_with_its_volumes():
    engine = FakeEngine(remove_container=None)
    remove_container(engine, "mana")
    assert engine.told == [("remove_container", {"container": "mana", "force": True, "v": True})]


@pytest.mark.parametrize(
    "answer", [absent("No such container: mana"), fault("removal of container mana is already in progress")]
)
def test_one_that_is_gone_or_going_is_well(answer):
    remove_container(FakeEngine(remove_container=answer), "mana")


def test_one_that_cannot_be_removed_is_named():
    engine = FakeEngine(remove_container=fault("driver failed to remove root filesystem"))
    with pytest.raises(FestivalError, match="Removing container mana: the engine says: driver failed") as told:
        remove_container(engine, "mana")
    assert isinstance(told.value.__cause__, APIError)


@pytest.mark.parametrize(
    ("cpus", "memory", "wanted"),
    [
        (None, None, {}),
        (0, "", {}),
        (1.5, None, {"nano_cpus": 1_500_000_000}),
        (None, "2G", {"mem_limit": 2 << 30}),
        (0.5, "512M", {"nano_cpus": 500_000_000, "mem_limit": 512 << 20}),
    ],
)
def test_only_what_is_limited_is_said(cpus, memory, wanted):
    assert limits(cpus, memory) == wanted


@pytest.mark.parametrize(
    ("network", "address", "wanted"),
    [
        ("", None, None),
        ("festival", None, {"EndpointsConfig": {"festival": {}}}),
        ("festival", "172.18.0.9", {"EndpointsConfig": {"festival": {"IPAMConfig": {"IPv4Address": "172.18.0.9"}}}}),
    ],
)
def test_a_container_is_in_one_network_or_in_none(network, address, wanted):
    sdk = docker.APIClient(base_url="unix:///nosuch", version="1.41")
    assert networking(sdk, network, address) == wanted


def test_health_is_asked_in_nanoseconds():
    asked = health("true", 5)
    assert (asked["Test"][-1], asked["Interval"], asked["Retries"]) == ("true", 5_000_000_000, 3)
