"""What one engine says of itself, its networks and the registry."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.docker.describe import (
    describe_engine,
    describe_network,
    describe_registry,
)
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine


@pytest.mark.parametrize(
    ("options", "encrypted"),
    [({"encrypted": ""}, True), ({"com.docker.network.driver.mtu": "1400"}, False), (None, False)],
)
def test_an_encrypted_network_says_so(options, encrypted):
    told = describe_network({"Name": "a", "Driver": "overlay", "IPAM": None, "Options": options})
    assert told == {"name": "a", "driver": "overlay", "subnets": [], "encrypted": encrypted}


def test_an_engine_in_no_swarm_is_a_host_without_a_node():
    info = {"Name": "mana", "ServerVersion": "26.1.5", "NCPU": 4, "MemTotal": 8 << 30, "Swarm": {"NodeID": ""}}
    told = describe_engine(info)
    assert (told["id"], told["hostname"], told["cpus"], told["memory_bytes"]) == (None, "mana", 4.0, 8 << 30)
    assert told["role"] is None and told["address"] == ""


def test_a_registry_is_known_by_its_label_and_may_be_stopped():
    container = {
        "Names": ["/festival-registry"],
        "State": "exited",
        "Status": "Exited (2)",
        "Image": "r:1",
        "Ports": [],
    }
    asked = {}

    def containers(all, filters):
        asked.update(filters, all=all)
        return [container]

    assert describe_registry(FakeEngine(containers=containers)) == {
        "name": "festival-registry",
        "state": "exited",
        "status": "Exited (2)",
        "image": "r:1",
        "port": None,
    }
    assert asked == {"all": True, "label": "festival.recipe"}
    container["Ports"] = [{"PrivatePort": 9}, {"PrivatePort": 5000, "PublicPort": 5001}]
    assert describe_registry(FakeEngine(containers=containers))["port"] == 5001
    assert describe_registry(FakeEngine(containers=[])) is None
