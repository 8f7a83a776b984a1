"""The pool of one host: which containers are made, left alone, made anew or removed."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker import pool
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.modules.pool import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, absent, fault, params

TWO = [{"name": "mana", "address": "172.18.0.2"}, {"name": "los_fabulosos", "address": "172.18.0.3"}]
GIVEN = {
    "backend": "docker",
    "name": "festival-pool",
    "image": "festival/worker:1",
    "network": "festival",
    "containers": TWO,
    "keys": {"version": 1, "directory": "/trust"},
    "slots": "2",
    "health_command": "true",
    "timeout": 0,
}


class Host(FakeEngine):
    """An engine on which containers are there once they are made, and healthy at once."""

    def __init__(self, **answers):
        self.there = {}
        given = {
            "info": {"Name": "alparque", "NCPU": 16, "MemTotal": 6 << 30},
            "inspect_container": absent("No such container"),
        }
        given |= {"networks": [{"Id": "n1", "Name": "festival"}, {"Id": "n2", "Name": "other"}]}
        super().__init__(**{**given, "containers": self._list, "create_container": self._create, **answers})
        self.answers |= {"start": self._start, "remove_container": self._remove, "unpause": self._start}

    def _list(self, filters, **_):
        return [found for found in self.there.values() if found["Labels"]["festival.workers"] == "festival-pool"]

    def _create(self, name, labels, networking_config, **_):
        self.there[name] = {
            "Id": name,
            "Names": [f"/{name}"],
            "Labels": labels,
            "State": "created",
            "Status": "Created",
            "NetworkSettings": {
                "Networks": {
                    network: {"NetworkID": "", **end} for network, end in networking_config["EndpointsConfig"].items()
                }
            },
        }
        return {"Id": name}

    def _start(self, container, **_):
        there, ids = self.there[container], {each["Name"]: each["Id"] for each in self.answers["networks"]}
        if there["State"] == "paused" and self.orders()[-1] == "start":
            raise fault("cannot start a paused container, try unpause instead")
        for network, end in there["NetworkSettings"]["Networks"].items():
            address = end["IPAMConfig"]["IPv4Address"]
            for other in self.there.values():
                if (
                    other["State"] == "running"
                    and address == other["NetworkSettings"]["Networks"][network]["IPAddress"]
                ):
                    raise fault("Address already in use")
            end.update(NetworkID=ids[network], IPAddress=address)
        there |= {"State": "running", "Status": "Up 2 seconds (healthy)"}

    def _remove(self, container, **_):
        self.there.pop(container, None)


def run(host, check_mode=False, **given):
    host.told.clear()
    return pool.converge(host, params(OPTIONS, **{**GIVEN, **given}), check_mode)


@pytest.fixture
def host():
    """Return a host on which the pool runs as GIVEN."""
    made = Host()
    run(made)
    return made


def test_a_new_pool_is_made_and_waited_for():
    made = Host()
    checked = run(made, check_mode=True)
    assert checked["changed"] and made.told == [] and checked["pool"]["containers"] == 0
    result = run(made)
    assert made.orders() == ["create_container", "start"] * 2
    assert result["pool"] == {
        "name": "festival-pool",
        "containers": 2,
        "slots": 2,
        "workers": 4,
        "containers_per_host": {"alparque": 2},
        "workers_per_host": {"alparque": 4},
        "task_ids": ["mana", "los_fabulosos"],
    }
    told = made.told[2][1]
    assert told["hostname"] == "los-fabulosos" and told["environment"] == {
        "FESTIVAL_HOST": "alparque",
        "FESTIVAL_SLOTS": "2",
        "FESTIVAL_POOL": "festival-pool",
        "FESTIVAL_POOL_ADDRESS": "los_fabulosos mana",
    }
    assert "/trust/pools/festival-pool/v1/token:/run/secrets/festival_token:ro" in told["host_config"]["Binds"]
    assert told["networking_config"]["EndpointsConfig"]["festival"]["IPAMConfig"] == {"IPv4Address": "172.18.0.3"}
    assert told["healthcheck"]["Test"] == ["CMD", "bash", "-c", "true"]


def test_as_many_slots_as_the_host_has_room_for_are_told_as_a_number():
    made = Host()
    assert (run(made, slots="auto")["pool"]["workers"], run(made, slots="auto")["changed"]) == (12, False)
    assert run(made, slots="auto", memory_per_slot="0")["pool"]["workers"] == 16


def test_a_pool_that_is_as_specified_is_left_alone(host):
    again = run(host)
    assert not again["changed"] and host.told == [] and again["diff"] == {"before": {}, "after": {}}
    assert not run(host, check_mode=True)["changed"]


@pytest.mark.parametrize(
    "given",
    [
        {"image": "festival/worker:2"},
        {"slots": "3"},
        {"env": {"A": "1"}},
        {"limit_cpus": 1},
        {"limit_memory": "1G"},
        {"keys": {"version": 2, "directory": "/trust"}},
        {"health_command": "false"},
        {"network": "other"},
    ],
)
def test_another_specification_makes_all_containers_anew(host, given):
    assert run(host, check_mode=True, **given)["changed"] and host.told == []
    assert run(host, **given)["changed"]
    assert host.orders() == ["remove_container"] * 2 + ["create_container", "start"] * 2


def test_another_address_changes_that_container_alone(host):
    moved = [TWO[0], {**TWO[1], "address": "172.18.0.9"}]
    assert run(host, containers=moved)["diff"]["after"] == {"los_fabulosos": "made anew"}
    assert host.orders() == ["remove_container", "create_container", "start"]


def test_one_that_is_listed_no_more_goes_and_one_that_is_stopped_starts(host):
    host.there["mana"] |= {"State": "exited", "Status": "Exited (1)"}
    # The names of all containers are part of each one's environment.
    result = run(host, containers=TWO[:1])
    assert result["diff"]["after"] == {"los_fabulosos": "gone", "mana": "made anew"} and set(host.there) == {"mana"}
    host.there["mana"] |= {"State": "exited", "Status": "Exited (1)"}
    assert run(host, containers=TWO[:1])["diff"]["after"] == {"mana": "running"} and host.orders() == ["start"]


def test_two_that_exchange_their_addresses_are_not_in_each_others_way(host):
    first, second = TWO
    exchanged = [{**first, "address": second["address"]}, {**second, "address": first["address"]}]
    assert run(host, containers=exchanged)["changed"] and not run(host, containers=exchanged)["changed"]


def test_one_that_is_paused_goes_on(host):
    host.there["mana"] |= {"State": "paused", "Status": "Up 2 minutes (Paused)"}
    assert run(host)["diff"] == {"before": {"mana": "paused"}, "after": {"mana": "running"}}
    assert host.orders() == ["unpause"] and not run(host)["changed"]


@pytest.mark.parametrize("state", ["dead", "removing"])
def test_one_that_can_start_no_more_is_made_anew(host, state):
    host.there["mana"] |= {"State": state, "Status": state}
    assert run(host)["diff"]["after"] == {"mana": "made anew"}
    assert host.orders() == ["remove_container", "create_container", "start"]


def test_those_that_a_new_network_of_the_same_name_has_not_got_are_made_anew(host):
    # As community.docker makes a network anew for another subnet: its containers are disconnected before.
    del host.there["mana"]["NetworkSettings"]["Networks"]["festival"]
    assert run(host)["diff"]["after"] == {"mana": "made anew"} and not run(host)["changed"]
    host.answers["networks"] = [{"Id": "n3", "Name": "festival"}, {"Id": "n1", "Name": "festival-old"}]
    assert run(host)["changed"] and not run(host)["changed"]


def test_absent_removes_all_of_the_pool(host):
    host.there["other"] = {**host.there["mana"], "Names": ["/other"], "Labels": {"festival.workers": "other-pool"}}
    assert run(host, state="absent", check_mode=True)["changed"] and host.told == []
    assert run(host, state="absent") == {
        "changed": True,
        "pool": None,
        "diff": {
            "before": {"mana": "there", "los_fabulosos": "there"},
            "after": {"mana": "gone", "los_fabulosos": "gone"},
        },
    }
    assert set(host.there) == {"other"} and not run(host, state="absent")["changed"]


def test_a_container_that_is_not_healthy_in_time_is_named():
    sick = Host()
    sick.answers["start"] = lambda container: sick.there[container].update(State="running", Status="Up (unhealthy)")
    with pytest.raises(FestivalError, match=r"(?s)has not converged after 0 s:\n- los_fabulosos: Up .unhealthy.*logs"):
        run(sick)


def test_a_strangers_container_of_that_name_is_not_touched():
    taken = Host(inspect_container={"Id": "x", "Config": {"Labels": {}}})
    with pytest.raises(FestivalError, match="A container called mana is there and is none of this pool's"):
        run(taken)
    assert taken.told == []


def test_a_strangers_container_is_told_of_before_anything_is_changed(host):
    host.answers["inspect_container"] = {"Id": "x", "Config": {"Labels": {}}}
    with pytest.raises(FestivalError, match="A container called ana is there"):
        run(host, containers=[*TWO, {"name": "ana", "address": "172.18.0.4"}])
    assert host.told == []


def test_one_that_an_earlier_release_has_made_is_taken_over():
    old = Host(inspect_container={"Id": "x", "Config": {"Labels": {"festival.slots": "1"}}})
    assert run(old)["changed"] and old.orders()[0] == "remove_container" and set(old.there) == {"mana", "los_fabulosos"}


def test_the_engines_refusal_names_the_container():
    full = Host(create_container=fault("no such image: festival/worker:1"))
    with pytest.raises(FestivalError, match="Making container mana of pool festival-pool: .* no such image"):
        run(full)


def test_masters_are_told_of_the_pool(host):
    told = pool.told_to_masters(host, {"prefix": "festival", "pool": "festival-pool"})
    assert told == {
        "FESTIVAL_POOL": "festival-pool",
        "FESTIVAL_POOL_ADDRESS": "los_fabulosos mana",
        "FESTIVAL_CONTAINERS": "2",
        "FESTIVAL_SLOTS": "2",
        "FESTIVAL_WORKERS": "4",
    }
