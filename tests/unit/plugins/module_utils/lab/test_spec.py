"""What a lab host is to be, from what a kernel and an engine once said."""

from __future__ import annotations

import json

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.lab import spec as lab_spec
from ansible_collections.alparque.festival.plugins.module_utils.lab.spec import Machine

SUBNET = "10.213.0.0/24"
LINE_UP = [{"name": "aterciopelados"}, {"name": "fabulosos_cadillacs"}, {"name": "mana"}]


@pytest.mark.parametrize(
    ("bounding_set", "last", "missing"),
    [
        ("000001ffffffffff", 40, []),
        ("000001fffeffffff", 40, ["SYS_RESOURCE"]),
        ("0000003ffeffffff", 40, ["SYS_RESOURCE", "PERFMON", "BPF", "CHECKPOINT_RESTORE"]),
        ("0000003fffffffff", 37, []),
    ],
)
def test_what_the_machine_may_not_use(bounding_set, last, missing):
    status = f"Name:\tsh\nCapEff:\t0000000000000000\nCapBnd:\t{bounding_set}\nCapAmb:\t0000000000000000\n"
    assert lab_spec.missing_capabilities(status, last) == missing


@pytest.mark.parametrize(
    ("texts", "servers"),
    [
        (["nameserver 10.255.255.53\n"], ["10.255.255.53"]),
        (
            ["nameserver 127.0.0.53\n", "# systemd\nnameserver 192.168.1.1\nnameserver fe80::1\n"],
            ["192.168.1.1", "fe80::1"],
        ),
        (["nameserver 127.0.0.1\nnameserver 9.9.9.9\n"], ["9.9.9.9"]),
        (["nameserver ::1\n", ""], []),
    ],
)
def test_name_servers_that_mean_something_elsewhere(texts, servers):
    assert lab_spec.real_resolvers(*texts) == servers


def test_networks_of_a_real_machine(recorded):
    assert lab_spec.connected_networks(recorded("controller_routes.txt")) == {
        "172.17.0.0/16": "docker0",
        "192.0.2.0/24": "eth0",
        "10.214.0.0/24": "lab-ac348420e3",
    }


def test_a_collision_names_network_interface_and_way_out(recorded):
    networks = lab_spec.connected_networks(recorded("controller_routes.txt"))
    with pytest.raises(
        FestivalError, match=r"10\.0\.0\.0/8 collides with 10\.214\.0\.0/24.*lab-ac348420e3.*lab_subnet="
    ):
        lab_spec.check_collision("10.0.0.0/8", networks, "lab-other")


def test_its_own_bridge_is_no_collision(recorded):
    networks = lab_spec.connected_networks(recorded("controller_routes.txt"))
    lab_spec.check_collision("10.214.0.0/24", networks, "lab-ac348420e3")


def test_addresses_are_the_next_free_ones():
    hosts = [LINE_UP[0], {**LINE_UP[1], "address": "10.213.0.3"}, LINE_UP[2]]
    assert list(lab_spec.assign_addresses(hosts, SUBNET).values()) == ["10.213.0.2", "10.213.0.3", "10.213.0.4"]


@pytest.mark.parametrize(
    ("hosts", "subnet", "message"),
    [
        (LINE_UP, "10.213.0.1/24", "has host bits set.*Write it like"),
        (LINE_UP, "somewhere", "is no IPv4 network"),
        (LINE_UP, "10.213.0.0/30", "too small for 3 hosts"),
        ([], SUBNET, "lab_hosts is empty"),
        ([{"name": "Maná"}], SUBNET, "'Maná' can't name a host"),
        ([{"name": "mana"}, {"name": "mana"}], SUBNET, "mana stands there twice"),
        ([{"name": "mana", "address": "10.213.0.1"}], SUBNET, r"mana can't have 10\.213\.0\.1"),
        ([{"name": "mana", "address": "10.9.0.2"}], SUBNET, r"choose one of 10\.213\.0\.0/24 above 10\.213\.0\.1"),
        ([{"name": "mana", "address": "nine"}], SUBNET, "mana can't have nine"),
        ([{"name": of, "address": "10.213.0.9"} for of in ("uno", "dos")], SUBNET, "uno and another host both have"),
    ],
)
def test_what_can_not_be_addressed(hosts, subnet, message):
    with pytest.raises(FestivalError, match=message):
        lab_spec.assign_addresses(hosts, subnet)


def test_the_first_host_manages_unless_told_otherwise():
    assert lab_spec.assign_groups([*LINE_UP, {"name": "cafe_tacvba", "groups": ["newcomers"]}]) == {
        "aterciopelados": ["festival_managers"],
        "fabulosos_cadillacs": ["festival_hosts"],
        "mana": ["festival_hosts"],
        "cafe_tacvba": ["newcomers"],
    }


RESTRICTED = Machine(["SYS_RESOURCE"], has_modules=False)


def spec(machine=RESTRICTED, **host):
    return lab_spec.container_spec("lab", {"name": "fabulosos_cadillacs", **host}, "10.213.0.3", "image:1", machine)


def test_a_host_is_confined_no_more_than_its_machine():
    limits = spec()["HostConfig"]
    assert limits["CapAdd"] == ["ALL"]
    assert limits["CapDrop"] == ["SYS_RESOURCE"]
    assert "Privileged" not in limits
    assert spec(Machine([], has_modules=True))["HostConfig"]["Binds"] == ["/lib/modules:/lib/modules:ro"]


def test_a_host_name_has_no_underscore():
    assert spec()["Hostname"] == "fabulosos-cadillacs"


def test_a_password_changes_the_host_and_is_nowhere_in_it():
    assert "geheim" not in json.dumps(spec(password="geheim"))
    assert spec(password="geheim")["Labels"] != spec()["Labels"] == spec()["Labels"]


@pytest.mark.parametrize(
    ("standing", "step"),
    [
        (None, "create"),
        ({"State": "running"}, "present"),
        ({"State": "restarting"}, "present"),
        ({"State": "paused"}, "unpause"),
        ({"State": "exited"}, "start"),
        ({"State": "created"}, "recreate"),
        ({"State": "dead"}, "recreate"),
        ({"State": "running", "Labels": {lab_spec.SPEC: "another"}}, "recreate"),
    ],
)
def test_what_a_host_needs_next(standing, step):
    assert lab_spec.next_step(spec(), standing and {"Labels": spec()["Labels"], **standing}) == step


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ('invalid CapDrop: unknown capability: "CAP_BPF"', ["SYS_RESOURCE"]),
        (
            'invalid CapDrop: capability not supported by your kernel or not available in the current environment: "CAP_BPF"',
            ["SYS_RESOURCE"],
        ),
        ("no space left on device", None),
        ('invalid CapDrop: unknown capability: "CAP_SYSLOG"', None),
    ],
)
def test_a_capability_that_an_engine_refuses_to_drop(words, left):
    refused = spec(Machine(["SYS_RESOURCE", "BPF"], has_modules=False))
    assert lab_spec.accept_refusal(refused, words) is (left is not None)
    assert refused["HostConfig"]["CapDrop"] == (left or ["SYS_RESOURCE", "BPF"])
