"""Who is cut off, by what real engines say of their networks: a node that is ready may be."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.nodes import converge
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.peers import cut_off, judge, peers
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.modules.swarm_nodes import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, absent, params

UNIT_A, UNIT_B, UNIT_C = "w6lt3fqnx8yvink7adf0kp3hr", "bla2odmqo3u7ii6qo0x2702yu", "urrmkgfjusy0z9pe2qg68v5ab"
#: By node: the addresses of the recorded networks' hosts.
ADDRESSES = {UNIT_A: "10.213.21.2", UNIT_B: "10.213.21.3", UNIT_C: "10.213.21.4"}
JOB = {"ID": "s1", "Spec": {"Labels": {"festival.job": "forecast-1"}}}


@pytest.fixture
def manager(recorded):
    """Return a function that makes the manager UNIT_A, whose networks are as recorded in these cases, one after the other."""
    networks = recorded("networks.json")

    def make(*cases, **answers):
        seen = [*cases]

        def listed(filters):
            case = seen.pop(0) if len(seen) > 1 else seen[0]
            make.now = networks[case]
            return list(networks[case].values())

        def inspect(net_id):
            return next(network for network in make.now.values() if network["Id"] == net_id)

        info = {"Swarm": {"NodeID": UNIT_A, "ControlAvailable": True}}
        nodes = recorded("swarm_nodes.json")["three"]
        known = {"info": info, "nodes": nodes, "services": [], "networks": listed, "inspect_network": inspect}
        return FakeEngine(**{**known, **answers})

    return make


def test_a_whole_network_lists_all(manager):
    assert peers(manager("whole")) == {*ADDRESSES.values()}
    assert cut_off(manager("whole"), ADDRESSES, 0) == []


def test_one_that_no_network_lists_is_cut_off_though_it_is_ready(manager):
    assert cut_off(manager("other cut off"), ADDRESSES, 0) == [UNIT_C]


def test_an_engine_that_lists_nobody_is_cut_off_itself_and_no_witness(manager):
    assert peers(manager("cut off")) == set()
    assert cut_off(manager("cut off"), ADDRESSES, 0) == [UNIT_A]


def test_one_that_has_just_joined_is_waited_for(manager):
    assert cut_off(manager("other cut off", "whole"), ADDRESSES, 5) == []


def test_without_a_network_nothing_is_known(manager):
    assert peers(manager("whole", networks=[])) is None
    assert judge(None, UNIT_A, ADDRESSES) == []
    assert peers(manager("whole", inspect_network=absent("network ingress not found"))) == set()


def ask(engine, check_mode=False, **given):
    nodes = [{"id": node, "address": address} for node, address in ADDRESSES.items()]
    return converge(engine, params(OPTIONS, nodes=nodes, timeout=0, **given), check_mode)


def test_nodes_are_proven_and_who_is_cut_off_is_an_error_unless_tolerated(manager, documented):
    assert ask(manager("whole"))["cut_off"] == []
    engine = manager("other cut off")
    assert ask(engine, tolerant=True)["cut_off"] == [UNIT_C]
    assert ask(engine, check_mode=True)["cut_off"] == [UNIT_C]
    with pytest.raises(FestivalError) as error:
        ask(engine)
    assert str(error.value) == documented("Cut off, and a restart did not help").replace("mana", "unit-c")
    assert engine.told == []


@pytest.mark.parametrize("tolerant", [True, False])
def test_a_master_is_not_ended_to_heal_its_host(manager, documented, tolerant):
    engine = manager("cut off", services=[JOB], tasks=[{"ServiceID": "s1"}])
    with pytest.raises(FestivalError) as error:
        ask(engine, tolerant=tolerant)
    words = (
        documented("Cut off, and busy")
        .replace("aterciopelados", "unit-a")
        .replace("forecast-3f9a6c21b07d", "forecast-1")
    )
    assert str(error.value) == words
    assert ask(manager("cut off", services=[JOB], tasks=[{"ServiceID": "s2"}]), tolerant=True)["cut_off"] == [UNIT_A]


def test_an_address_that_is_not_told_is_not_judged(manager):
    assert (
        converge(manager("other cut off"), params(OPTIONS, nodes=[{"id": UNIT_C}], timeout=0), False)["cut_off"] == []
    )
