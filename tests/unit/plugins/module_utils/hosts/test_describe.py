"""What one engine says of itself, its networks and the registry."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.hosts.describe import (
    REGISTRY_LABEL,
    describe_engine,
    describe_network,
    describe_registry,
    describe_rest,
)
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine


@pytest.mark.parametrize(
    ("options", "encrypted"),
    [({"encrypted": ""}, True), ({"com.docker.network.driver.mtu": "1400"}, False), (None, False)],
)
def test_an_encrypted_network_says_so(options, encrypted):
    told = describe_network({"Name": "a", "Driver": "overlay", "IPAM": None, "Options": options})
    assert told == {"name": "a", "driver": "overlay", "subnets": [], "encrypted": encrypted}


def test_an_engine_is_one_host_whether_in_a_swarm_or_not(recorded):
    manager, alone = (describe_engine(recorded(f"engine_info_{kind}.json")) for kind in ("manager", "inactive"))
    assert manager["id"] and manager["address"] and not alone["id"]
    assert {*manager} == {*alone} and manager["cpus"] > 0 and manager["memory_bytes"] > 1 << 20


REGISTRY = {
    "Names": ["/festival-registry"],
    "State": "exited",
    "Status": "Exited (1)",
    "Image": "registry",
    "Labels": {},
}


@pytest.mark.parametrize(
    ("ports", "port"),
    [([{"PrivatePort": 5000, "PublicPort": 5001}], 5001), ([{"PrivatePort": 5000}], None), (None, None)],
)
def test_a_registry_is_seen_also_when_it_has_stopped(ports, port):
    def containers(all, filters):
        assert all and filters == {"label": REGISTRY_LABEL}
        return [{**REGISTRY, "Ports": ports}]

    told = describe_registry(FakeEngine(containers=containers), "festival")
    assert (told["name"], told["state"], told["port"]) == ("festival-registry", "exited", port)


def test_only_networks_that_pools_use_are_told():
    networks = [{"Name": name, "Driver": "overlay"} for name in ("bridge", "festival", "other")]
    told = describe_rest(
        FakeEngine(containers=[]), "festival", networks, [{"networks": ["festival"]}, {"networks": []}]
    )
    assert [network["name"] for network in told["networks"]] == ["festival"] and told["registry"] is None
