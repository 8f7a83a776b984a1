"""The manager's side: nodes kept, drained and forgotten."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.nodes import converge
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, InTurn, fault

UNIT_A, UNIT_C = "w6lt3fqnx8yvink7adf0kp3hr", "urrmkgfjusy0z9pe2qg68v5ab"
UNIT_B, UNIT_B_AGAIN = "bla2odmqo3u7ii6qo0x2702yu", "i4exk0k557gqw4b9qaqio8x99"
RUNNING = [{"Status": {"State": "running"}}, {"Status": {"State": "shutdown"}}]


def params(*nodes, state="present", timeout=0):
    return {"state": state, "nodes": [{"labels": {}, **node} for node in nodes], "timeout": timeout, "tolerant": False}


@pytest.fixture
def swarm(recorded):
    """Return a function that makes a manager which sees these nodes, after what was recorded as ``case``."""

    def make(case: str, drained: tuple = (), **answers) -> FakeEngine:
        nodes = recorded("swarm_nodes.json")[case]
        for node in nodes:
            if node["ID"] in drained:
                node["Spec"].update(Availability="drain", Role="worker")
        by_id = {node["ID"]: node for node in nodes}
        whole = {"info": {"Swarm": {"NodeID": UNIT_A}}, "networks": []}
        return FakeEngine(
            **{**whole, "nodes": nodes, "inspect_node": lambda node_id: by_id[node_id], "tasks": [], **answers}
        )

    return make


def test_nodes_as_they_are_to_be_are_left_alone(swarm):
    engine = swarm("three")
    result = converge(
        engine, params({"id": UNIT_A, "role": "manager"}, {"id": UNIT_B, "availability": "active"}), False
    )
    assert not result["changed"] and engine.told == [] and result["removed"] == []
    assert result["diff"] == {"before": {}, "after": {}} and len(result["nodes"]) == 3


def test_a_role_that_does_not_take_effect_is_told(swarm):
    with pytest.raises(FestivalError, match=f"node unit-b .id {UNIT_B_AGAIN}. is not yet a manager"):
        converge(swarm("rejoined"), params({"id": UNIT_B_AGAIN, "role": "manager"}), False)


@pytest.mark.parametrize("check_mode", [True, False])
def test_specs_are_brought_up_to_date_and_ghosts_removed(swarm, check_mode):
    engine = swarm("rejoined")
    node = engine.answers["inspect_node"](UNIT_B_AGAIN)
    engine.answers["update_node"] = lambda **_: node.update(ManagerStatus={"Reachability": "reachable"})
    wanted = {"id": UNIT_B_AGAIN, "role": "manager", "labels": {"disk": "ssd"}}
    result = converge(engine, params({"id": UNIT_A}, wanted), check_mode)
    assert result["changed"] and result["removed"] == [UNIT_B]
    assert result["diff"] == {
        "before": {UNIT_B_AGAIN: {"role": "worker", "labels": {}}},
        "after": {UNIT_B_AGAIN: {"role": "manager", "labels": {"disk": "ssd"}}},
    }
    orders = [(order, told["node_id"]) for order, told in engine.told]
    assert orders == ([] if check_mode else [("update_node", UNIT_B_AGAIN), ("remove_node", UNIT_B)])


def test_a_ghost_alone_is_a_change(swarm):
    result = converge(swarm("rejoined"), params({"id": UNIT_B_AGAIN}), False)
    assert result["changed"] and result["removed"] == [UNIT_B] and result["diff"]["after"] == {}


def test_check_mode_does_not_wait_for_nodes_that_are_still_to_join(swarm):
    assert not converge(swarm("three"), params({"id": "nosuch", "role": "worker"}), True)["changed"]


def test_a_node_that_is_not_ready_is_an_error_and_nothing_is_changed(swarm):
    engine = swarm("rejoined")
    with pytest.raises(FestivalError, match=f"node unit-b \\(id {UNIT_B}\\) is down heartbeat failure"):
        converge(engine, params({"id": UNIT_B, "role": "manager"}, {"id": UNIT_A, "labels": {"a": "b"}}), False)
    assert engine.told == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_draining_demotes_and_waits_for_the_tasks(swarm, check_mode):
    engine = swarm("three", tasks=InTurn([RUNNING, RUNNING[1:]]))
    result = converge(engine, params({"id": UNIT_C}, {"id": "nosuch"}, state="drained", timeout=5), check_mode)
    assert result["changed"]
    if check_mode:
        assert engine.told == []
    else:
        [(order, told)] = engine.told
        assert order == "update_node"
        assert told["node_spec"] == {"Availability": "drain", "Role": "worker", "Labels": {}}


def test_a_drained_node_is_left_alone_but_still_waited_for(swarm):
    wanted = params({"id": UNIT_B}, state="drained")
    engine = swarm("three", drained=(UNIT_B,))
    assert not converge(engine, wanted, False)["changed"] and engine.told == []
    with pytest.raises(
        FestivalError, match=r"Node unit-b still runs 1 task\(s\) after 0 s of draining. Wait for its jobs"
    ):
        converge(swarm("three", drained=(UNIT_B,), tasks=RUNNING), wanted, False)


@pytest.mark.parametrize("check_mode", [True, False])
def test_absent_forgets_what_is_down(swarm, check_mode):
    engine = swarm("rejoined")
    assert converge(engine, params({"id": UNIT_B}, state="absent"), check_mode)["changed"]
    assert engine.told == ([] if check_mode else [("remove_node", {"node_id": UNIT_B, "force": True})])


def test_absent_is_unchanged_where_nobody_knows_the_node(swarm):
    engine = swarm("three")
    assert not converge(engine, params({"id": "nosuch"}, state="absent"), False)["changed"] and engine.told == []


def test_a_node_that_has_not_left_is_not_forgotten(swarm, recorded):
    engine = swarm("rejoined")
    with pytest.raises(FestivalError, match="unit-c .* is ready. A node can be forgotten once its host has left"):
        converge(engine, params({"id": UNIT_C}, state="absent"), False)
    assert engine.told == []
    engine = swarm("rejoined", remove_node=fault(recorded("engine_faults.json")["remove ready node"]))
    with pytest.raises(FestivalError, match=f"Removing node {UNIT_B}: .*is not down and can't be removed"):
        converge(engine, params({"id": UNIT_B}, state="absent"), False)
