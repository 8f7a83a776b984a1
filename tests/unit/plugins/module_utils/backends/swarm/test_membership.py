"""Membership of one swarm, on what the engines of three hosts said before and after one of them left and came back."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import (
    foreign_swarm,
    ghosts,
    list_nodes,
    membership,
    node_changes,
    update_node,
    wait_for_nodes,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, InTurn, fault

UNIT_A, UNIT_C = "w6lt3fqnx8yvink7adf0kp3hr", "urrmkgfjusy0z9pe2qg68v5ab"
UNIT_B, UNIT_B_AGAIN = "bla2odmqo3u7ii6qo0x2702yu", "i4exk0k557gqw4b9qaqio8x99"


@pytest.fixture
def nodes(recorded):
    """Return the nodes after unit-b left and joined again: its old node is down."""
    return list_nodes(FakeEngine(nodes=recorded("swarm_nodes.json")["rejoined"]))


@pytest.mark.parametrize(
    ("case", "known", "standing"),
    [
        ("inactive", [UNIT_B], "none"),
        ("worker", [UNIT_A, UNIT_B], "member"),
        ("worker", [UNIT_A], "foreign"),
        ("worker", [], "foreign"),
        ("foreign", [UNIT_A, UNIT_B], "foreign"),
        ("pending", [UNIT_B, ""], "foreign"),  # it is joining somewhere, nobody knows where
    ],
)
def test_membership_is_known_by_node_id(recorded, case, known, standing):
    assert membership(recorded("swarm_info.json")[case]["Swarm"], known) == standing


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("foreign", "(id zpj11g6mknum7vrlc16d4qsho, managers: 10.231.7.3:2377, its state there: active)"),
        ("worker", "(id unknown, managers: 10.231.7.2:2377, its state there: active)"),
        ("pending", "(id unknown, managers: 10.231.7.99:2377, its state there: pending)"),
    ],
)
def test_the_error_of_a_foreign_swarm_names_host_swarm_and_remedy(recorded, case, words):
    message = str(foreign_swarm("mana", recorded("swarm_info.json")[case]["Swarm"], "Take it out."))
    assert message == f"Host mana is in another swarm {words}. Take it out."


def test_a_node_that_is_gone_from_its_own_swarm_says_why():
    swarm = {"LocalNodeState": "error", "NodeID": UNIT_B, "Error": "certificate expired", "RemoteManagers": None}
    assert "managers: none that it knows, its state there: error (certificate expired))" in str(
        foreign_swarm("m", swarm, "")
    )


def test_nodes_are_keyed_by_id_for_two_of_them_have_one_name(nodes):
    assert sorted(node["hostname"] for node in nodes.values()) == ["unit-a", "unit-b", "unit-b", "unit-c"]
    assert nodes[UNIT_A] == {
        "id": UNIT_A,
        "hostname": "unit-a",
        "role": "manager",
        "availability": "active",
        "labels": {},
        "state": "ready",
        "message": "",
        "address": "10.231.7.2",
        "leader": True,
        "manages": True,
        "cpus": None,
        "memory_bytes": None,
    }
    assert nodes[UNIT_B]["message"] == "heartbeat failure" and not nodes[UNIT_C]["leader"]


@pytest.mark.parametrize(
    ("members", "gone"),
    [
        ([UNIT_A, UNIT_B_AGAIN], [UNIT_B]),
        ([UNIT_A, UNIT_C], []),  # unit-b is not among these: nobody knows whether it will come back
        ([UNIT_A, UNIT_B], []),  # wanted, though it is down
        (["unknown"], []),
    ],
)
def test_ghosts_are_down_and_their_host_is_back(nodes, members, gone):
    assert ghosts(nodes, members) == gone


@pytest.mark.parametrize(("address", "gone"), [("10.231.7.3", [UNIT_B]), ("10.231.7.9", [])])
def test_a_ghost_that_nobody_missed_yet_is_known_by_its_address(nodes, address, gone):
    """Where the address is another, it is another machine of the same name."""
    nodes[UNIT_B].update(state="ready", address=address)
    assert ghosts(nodes, [UNIT_A, UNIT_B_AGAIN]) == gone


NODE = {"role": "worker", "availability": "active", "labels": {"disk": "ssd", "rack": "1"}}


@pytest.mark.parametrize(
    ("wanted", "changes"),
    [
        ({"role": "worker", "availability": "active", "labels": {"disk": "ssd"}}, {}),
        ({"role": None, "availability": None, "labels": None}, {}),
        ({"labels": {"rack": 1}}, {}),  # YAML's numbers are the engine's strings
        ({"role": "manager"}, {"role": "manager"}),
        ({"availability": "drain"}, {"availability": "drain"}),
        ({"labels": {"disk": "hdd"}}, {"labels": {"disk": "hdd", "rack": "1"}}),
        ({"labels": {"gpu": True}}, {"labels": {"disk": "ssd", "rack": "1", "gpu": "True"}}),
    ],
)
def test_only_what_differs_changes_and_other_labels_stay(wanted, changes):
    assert node_changes(NODE, wanted) == changes


def test_an_update_keeps_the_rest_of_the_spec_and_guards_its_version(recorded):
    node = recorded("swarm_nodes.json")["three"][0]
    engine = FakeEngine(inspect_node=node)
    update_node(engine, node["ID"], {"availability": "drain", "labels": {"a": "b"}})
    spec = {"Role": "worker", "Availability": "drain", "Labels": {"a": "b"}}
    assert engine.told == [
        ("update_node", {"node_id": node["ID"], "version": node["Version"]["Index"], "node_spec": spec})
    ]


def test_a_refused_update_names_the_node(recorded):
    node = recorded("swarm_nodes.json")["three"][2]
    engine = FakeEngine(inspect_node=node, update_node=fault(recorded("engine_faults.json")["demote last"]))
    with pytest.raises(FestivalError, match=f"Updating node {UNIT_A}: .*attempting to demote the last manager"):
        update_node(engine, UNIT_A, {"role": "worker"})


def test_waiting_ends_when_all_are_there(recorded):
    states = recorded("swarm_nodes.json")
    engine = FakeEngine(nodes=InTurn([states["three"], states["rejoined"]]))
    assert wait_for_nodes(engine, [UNIT_A, UNIT_B_AGAIN], "ready", 5)[UNIT_B_AGAIN]["state"] == "ready"


@pytest.mark.parametrize(
    ("wanted", "state", "message"),
    [
        ([UNIT_A, UNIT_B], "ready", f"node unit-b (id {UNIT_B}) is down heartbeat failure. See that ports 2377/tcp"),
        (["nosuch"], "ready", "node nosuch is not in the swarm. See that ports 2377/tcp"),
        (
            [UNIT_B, UNIT_C],
            "down",
            f"node unit-c (id {UNIT_C}) is ready. A node can be forgotten once its host has left",
        ),
    ],
)
def test_a_laggard_is_named_with_its_own_words_and_what_to_do(recorded, wanted, state, message):
    with pytest.raises(FestivalError) as caught:
        wait_for_nodes(FakeEngine(nodes=recorded("swarm_nodes.json")["rejoined"]), wanted, state, 0)
    assert str(caught.value).startswith(f"After 0 s not every node is {state}: {message}")


def test_a_role_that_has_not_taken_effect_yet_is_waited_for(recorded):
    engine = FakeEngine(nodes=recorded("swarm_nodes.json")["rejoined"])
    roles = {UNIT_A: "manager", UNIT_B_AGAIN: "worker"}
    assert set(wait_for_nodes(engine, list(roles), "ready", 0, roles)) >= set(roles)
    for node, role in ((UNIT_A, "worker"), (UNIT_B_AGAIN, "manager")):
        with pytest.raises(FestivalError, match=f"id {node}\\) is not yet a {role}"):
            wait_for_nodes(engine, list(roles), "ready", 0, {**roles, node: role})


def test_a_host_that_manages_nothing_is_an_error(recorded):
    words = recorded("engine_faults.json")["not manager"]
    with pytest.raises(FestivalError, match="Listing the nodes of the swarm: .*not a swarm manager"):
        list_nodes(FakeEngine(nodes=fault(words)))
