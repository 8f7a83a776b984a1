"""A host that joins and leaves, with what an engine said when it could not."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import port
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.member import converge
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, InTurn, fault

UNIT_B = "bla2odmqo3u7ii6qo0x2702yu"
PARAMS = {
    "name": "mana",
    "state": "present",
    "node_ids": ["w6lt3fqnx8yvink7adf0kp3hr", UNIT_B],
    "managers": ["10.231.7.2"],
    "token": "SWMTKN-1-secret",
    "advertise_addr": "10.231.7.3",
    "takeover": False,
    "timeout": 0,
}
ALONE = {**PARAMS, "node_ids": ["w6lt3fqnx8yvink7adf0kp3hr"]}


@pytest.fixture
def host(recorded):
    """Return a function that makes an engine which goes through these states."""
    infos = recorded("swarm_info.json")
    return lambda *states, **answers: FakeEngine(info=InTurn([infos[state] for state in states]), **answers)


@pytest.fixture(autouse=True)
def free_port(monkeypatch):
    """Have a port for the gossip that no engine of this machine holds."""
    monkeypatch.setattr(port, "GOSSIP_PORT", 1)


def outcome(changed, node_id, before, after, address=""):
    return {
        "changed": changed,
        "node_id": node_id,
        "address": (address or "10.231.7.3") if node_id or address else None,
        "restarted": False,
        "diff": {"before": {"membership": before}, "after": {"membership": after}},
    }


def test_joins_and_a_second_run_changes_nothing(host):
    engine = host("inactive", "worker")
    assert converge(engine, PARAMS, False) == outcome(True, UNIT_B, "none", "member")
    [(order, told)] = engine.told
    assert order == "join_swarm"
    assert told == {
        "remote_addrs": ["10.231.7.2:2377"],
        "join_token": "SWMTKN-1-secret",
        "advertise_addr": "10.231.7.3",
        "listen_addr": "0.0.0.0:2377",
    }
    assert converge(engine, PARAMS, False) == outcome(False, UNIT_B, "member", "member")
    assert len(engine.told) == 1


def test_a_join_that_the_manager_accepts_late_is_waited_for(host):
    engine = host("inactive", "pending", "pending", "worker")
    assert converge(engine, {**PARAMS, "timeout": 5}, False)["node_id"] == UNIT_B


def test_a_join_that_the_engine_gave_up_but_that_worked_counts(host, recorded):
    engine = host("inactive", "worker", join_swarm=fault(recorded("engine_faults.json")["join nobody"]))
    assert converge(engine, PARAMS, False) == outcome(True, UNIT_B, "none", "member")
    assert engine.orders() == ["join_swarm"]


@pytest.mark.parametrize(
    ("case", "state", "words"),
    [
        ("join bad token", "inactive", "A valid join token is necessary"),
        ("join other ca", "inactive", "remote CA does not match fingerprint"),
        ("join not token", "inactive", "invalid join token"),
        ("join refused", "inactive", "connection refused"),
        ("join nobody", "pending", "Timeout was reached before node joined"),
    ],
)
def test_a_join_that_fails_is_undone_and_told(host, recorded, case, state, words):
    # Would it go on waiting after the engine's refusal, it would see the host join in the end.
    states = ("inactive", state, "inactive", "worker")
    engine = host(*states, join_swarm=fault(recorded("engine_faults.json")[case]))
    with pytest.raises(FestivalError) as caught:
        converge(engine, {**PARAMS, "timeout": 5}, False)
    message = str(caught.value)
    assert message.startswith("Host mana could not join the swarm at 10.231.7.2:2377: ") and words in message
    assert "It is in no swarm now. See that it reaches 10.231.7.2:2377 (tcp)" in message
    assert "SWMTKN" not in message
    assert engine.told[1:] == [("leave_swarm", {"force": True})]


def test_a_join_that_nobody_answers_is_undone(host):
    engine = host("inactive", "pending", "inactive")
    with pytest.raises(
        FestivalError, match="could not join the swarm at 10.231.7.2:2377: no answer. It is in no swarm now"
    ):
        converge(engine, PARAMS, False)
    assert engine.orders() == ["join_swarm", "leave_swarm"]


@pytest.mark.parametrize("missing", [{"managers": []}, {"token": None}])
def test_nothing_is_tried_without_address_or_token(host, missing):
    engine = host("inactive")
    with pytest.raises(FestivalError, match="Host mana can't join without a manager's address and a token. Give both"):
        converge(engine, {**PARAMS, **missing}, False)
    assert engine.told == []


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("state", ["foreign", "worker", "pending"])
def test_another_swarm_is_not_left_unasked(host, state, check_mode):
    engine = host(state)
    with pytest.raises(FestivalError, match="Host mana is in another swarm .*leave.yml, or set swarm_force_takeover"):
        converge(engine, ALONE, check_mode)
    assert engine.told == []


def test_takeover_leaves_the_other_swarm_first(host):
    engine = host("foreign", "inactive", "worker")
    assert converge(engine, {**PARAMS, "takeover": True}, False) == outcome(True, UNIT_B, "foreign", "member")
    assert engine.orders() == ["leave_swarm", "join_swarm"]


@pytest.mark.parametrize(
    ("before", "standing"), [("inactive", "none"), ("worker", "member"), ("foreign", "foreign"), ("pending", "foreign")]
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_absent_leaves_whatever_swarm_it_is_in(host, recorded, before, standing, check_mode):
    engine = host(before, "inactive")
    node = recorded("swarm_info.json")[before]["Swarm"]["NodeID"] or None
    changed = standing != "none"
    assert converge(engine, {**PARAMS, "state": "absent"}, check_mode) == outcome(
        changed, node, standing, "none", "10.231.7.3" if changed else ""
    )
    assert engine.orders() == (["leave_swarm"] if changed and not check_mode else [])


@pytest.mark.parametrize(
    ("state", "params"),
    [("inactive", PARAMS), ("inactive", {**PARAMS, "token": None}), ("foreign", {**PARAMS, "takeover": True})],
)
def test_check_mode_would_join_and_does_not(host, state, params):
    engine = host(state)
    standing = "none" if state == "inactive" else state
    assert converge(engine, params, True) == outcome(True, None, standing, "member")
    assert engine.told == []


def test_an_engine_that_will_not_let_go_says_so(host):
    engine = host("worker", leave_swarm=fault("context deadline exceeded"))
    with pytest.raises(FestivalError, match="Leaving the swarm: the engine says: context deadline exceeded"):
        converge(engine, {**PARAMS, "state": "absent"}, False)
