"""The swarm on its first manager: made, recognised, taken over, or left alone."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import port
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.cluster import converge, join_tokens
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, InTurn, fault

PARAMS = {
    "state": "present",
    "owner": "festival",
    "advertise_addr": "10.218.0.2",
    "address_pools": [],
    "subnet_size": 24,
    "create": True,
    "takeover": False,
}
SWARM = "3ohsemd24jedptcunqontp1kv"


@pytest.fixture
def engine(recorded, monkeypatch):
    """Return a function that makes an engine in one state, and in a second one after that."""
    # A port that no engine of this machine has.
    monkeypatch.setattr(port, "GOSSIP_PORT", 1)
    infos, swarms = recorded("swarm_info.json"), recorded("swarm.json")
    nodes = recorded("swarm_nodes.json")["three"]

    def make(before: str, after: str = "manager", swarm: str = "ours", **answers) -> FakeEngine:
        infos_in_turn = InTurn([infos[before], infos[after]])
        return FakeEngine(**{"info": infos_in_turn, "inspect_swarm": swarms[swarm], "nodes": nodes, **answers})

    return make


def test_a_host_in_no_swarm_makes_one_with_our_label(engine):
    host = engine("inactive")
    result = converge(host, {**PARAMS, "address_pools": ["10.20.0.0/16"]}, False)
    assert result["changed"] and result["swarm"]["id"] == SWARM and len(result["swarm"]["nodes"]) == 3
    (order, told), *others = host.told
    assert (order, others) == ("init_swarm", [])
    assert told["advertise_addr"] == "10.218.0.2" and told["listen_addr"] == "0.0.0.0:2377"
    assert (told["default_addr_pool"], told["subnet_size"]) == (["10.20.0.0/16"], 24)
    assert told["swarm_spec"]["Labels"] == {"festival.cluster": "festival"}


def test_our_own_swarm_is_left_as_it_is(engine):
    host = engine("manager")
    result = converge(host, PARAMS, False)
    assert not result["changed"] and host.told == []
    assert (result["swarm"]["id"], result["swarm"]["node_id"]) == (SWARM, "mo6s3aat8vfoyiz354w7mtkaa")
    assert result["swarm"]["address"] == "10.218.0.2"


def test_a_swarm_is_taken_over_only_when_told_to_and_keeps_its_labels(engine, recorded):
    swarm = recorded("swarm.json")["foreign"]
    swarm["Spec"]["Labels"] = {"theirs": "1"}
    host = engine("foreign", inspect_swarm=swarm)
    assert converge(host, {**PARAMS, "takeover": True}, False)["changed"]
    [(order, told)] = host.told
    assert order == "update_swarm" and told["version"] == swarm["Version"]["Index"]
    assert told["swarm_spec"]["Labels"] == {"theirs": "1", "festival.cluster": "festival"}
    assert told["swarm_spec"]["Name"] == "default"


@pytest.mark.parametrize(
    ("before", "change", "message"),
    [
        ("foreign", {}, "Take it out with playbooks/leave.yml, or set swarm_force_takeover to use that swarm."),
        ("foreign", {"owner": "another"}, "or set swarm_force_takeover"),
        ("worker", {"takeover": True}, "its state there: active). Take it out with playbooks/leave.yml."),
        ("pending", {}, "its state there: pending). Take it out with playbooks/leave.yml."),
        (
            "inactive",
            {"create": False},
            "Host unit-b is no manager of this cluster's swarm yet. Run playbooks/provision.yml",
        ),
        ("foreign", {"create": False, "takeover": True}, "is no manager of this cluster's swarm yet."),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_not_ours_is_an_error_before_anything_is_changed(engine, before, change, message, check_mode):
    host = engine(before, swarm="foreign")
    with pytest.raises(FestivalError) as caught:
        converge(host, {**PARAMS, **change}, check_mode)
    assert message in str(caught.value) and str(caught.value).startswith("Host unit-b ")
    assert host.told == []


def test_our_label_of_another_cluster_is_not_ours(engine):
    with pytest.raises(FestivalError, match="Host aterciopelados is in another swarm"):
        converge(engine("manager"), {**PARAMS, "owner": "second"}, False)


def labelled(recorded, label: str) -> dict:
    """Return our recorded swarm with a label of ours."""
    swarm = recorded("swarm.json")["ours"]
    swarm["Spec"]["Labels"] = {"theirs": "1", "festival.cluster": label} if label else {"theirs": "1"}
    return swarm


def test_a_second_cluster_uses_the_swarm_beside_the_first(engine, recorded):
    host = engine("manager", inspect_swarm=labelled(recorded, "festival"))
    assert converge(host, {**PARAMS, "owner": "second", "takeover": True}, False)["changed"]
    [(_order, told)] = host.told
    assert told["swarm_spec"]["Labels"] == {"theirs": "1", "festival.cluster": "festival,second"}
    for owner in ("festival", "second"):
        host = engine("manager", inspect_swarm=labelled(recorded, "festival,second"))
        assert not converge(host, {**PARAMS, "owner": owner}, False)["changed"] and host.told == []


@pytest.mark.parametrize(
    ("label", "changed", "stays", "left"),
    [
        # It ends with its hosts' leaving: no label has to be taken off.
        ("festival", False, False, []),
        ("festival,second", True, True, ["second"]),
        ("second,festival,third", True, True, ["second", "third"]),
        # Of another cluster, and of nobody that we know.
        ("second", False, True, ["second"]),
        ("", False, True, []),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_swarm_that_others_use_stays(engine, recorded, label, changed, stays, left, check_mode):
    host = engine("manager", inspect_swarm=labelled(recorded, label))
    result = converge(host, {**PARAMS, "state": "absent", "advertise_addr": None}, check_mode)
    assert (result["changed"], result["stays"], result["users"]) == (changed, stays, left)
    labels = [told["swarm_spec"]["Labels"] for _order, told in host.told]
    assert labels == ([{"theirs": "1", "festival.cluster": ",".join(left)}] if changed and not check_mode else [])


@pytest.mark.parametrize("state", ["inactive", "worker", "pending"])
def test_who_manages_no_swarm_gives_none_up(engine, state):
    host = engine(state)
    result = converge(host, {**PARAMS, "state": "absent"}, False)
    assert (result["changed"], result["stays"], host.told) == (False, False, [])


@pytest.mark.parametrize(("before", "takeover"), [("inactive", False), ("foreign", True)])
def test_check_mode_says_that_it_would_change_and_does_nothing(engine, before, takeover):
    host = engine(before, swarm="foreign")
    result = converge(host, {**PARAMS, "takeover": takeover}, True)
    assert result["changed"] and result["swarm"] == {"id": None, "node_id": None, "address": None, "nodes": {}}
    assert result["diff"] == {"before": {"swarm": "others" if takeover else "none"}, "after": {"swarm": "ours"}}
    assert host.told == []


def test_the_engine_s_refusal_is_told(engine, recorded):
    host = engine("inactive", init_swarm=fault(recorded("engine_faults.json")["init pool"]))
    with pytest.raises(FestivalError, match="Making a swarm on 10.218.0.2: .*invalid base pool 10.0.0.0/33"):
        converge(host, PARAMS, False)
    with pytest.raises(FestivalError, match="Asking the engine for its swarm: .*on fire"):
        converge(engine("inactive", info=fault("on fire")), PARAMS, False)


def test_tokens_are_read_by_role_and_only_on_a_manager(engine, recorded):
    assert join_tokens(engine("manager"), {}, True) == {
        "changed": False,
        "tokens": {"manager": "REDACTED-manager", "worker": "REDACTED-worker"},
    }
    words = recorded("engine_faults.json")["not manager"]
    with pytest.raises(FestivalError, match="Reading the join tokens: .*not a swarm manager"):
        join_tokens(engine("worker", inspect_swarm=fault(words)), {}, False)
