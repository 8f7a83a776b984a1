"""The cluster's keys and its pools' tokens in a Swarm of one node that these tests make for themselves."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.keys import SwarmStore, sets_of
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import DockerMissing
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust import keys
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import KEYS
from ansible_collections.alparque.festival.plugins.modules.cluster_keys import have_keys


@pytest.fixture(scope="module")
def swarm(engine):
    with pytest.raises(DockerMissing, match="in no Swarm yet"):
        SwarmStore(engine, KEYS, "festival")
    # Alone in its Swarm, and in nobody's way.
    engine.init_swarm(advertise_addr="127.0.0.1", listen_addr="127.0.0.1:0")
    return engine


@pytest.fixture
def run(swarm):
    """Return the module's work on a Swarm without any keys yet."""
    for secret in swarm.secrets():
        swarm.remove_secret(secret["ID"])
    for config in swarm.configs():
        swarm.remove_config(config["ID"])
    return lambda version=1, check=False, pool=None, state="present": have_keys(
        swarm, {"state": state, "backend": "swarm", "prefix": "festival", "version": version, "pool": pool}, check
    )


@pytest.fixture
def service(swarm):
    """Return a function that lets a service use one object of a result; the service need not run for that."""

    def use(found):
        secret = {"SecretID": found["id"], "SecretName": found["name"]}
        secret["File"] = {"Name": "key", "UID": "0", "GID": "0", "Mode": 0o400}
        swarm.create_service({"ContainerSpec": {"Image": "none", "Secrets": [secret]}}, name="festival-workers")

    yield use
    for service in swarm.services():
        swarm.remove_service(service["ID"])


def names(swarm):
    return sorted(item["Spec"]["Name"] for item in swarm.secrets() + swarm.configs())


def test_a_set_is_made_once(run, swarm):
    would = run(check=True)
    assert would["changed"] and would["fingerprint"] is None and names(swarm) == []
    first, again = run(), run()
    assert (first["changed"], again["changed"], run(check=True)["changed"]) == (True, False, False)
    assert names(swarm) == sorted(f"festival-{part}-v1" for part in KEYS.parts)
    for key in ("objects", "fingerprint", "host_fingerprint"):
        assert first[key] == again[key]
    assert "PRIVATE" not in str([would, first, again])


def test_configs_carry_the_public_halves(run, swarm):
    made = run()
    texts = {
        config["Spec"]["Name"]: base64.b64decode(config["Spec"]["Data"]).decode().strip() for config in swarm.configs()
    }
    assert keys.fingerprint(texts["festival-authorized-keys-v1"]) == made["fingerprint"]
    pattern, host_key = texts["festival-known-hosts-v1"].split(" ", 1)
    assert (pattern, keys.fingerprint(host_key)) == ("*,[*]:*", made["host_fingerprint"])


def test_rotation_removes_what_nothing_uses(run, swarm):
    first, second = run(1), run(2)
    assert second["removed"] == [1] and second["fingerprint"] != first["fingerprint"]
    assert names(swarm) == sorted(f"festival-{part}-v2" for part in KEYS.parts)
    assert not run(2)["changed"]


def test_rotation_leaves_what_is_used_and_removes_it_later(run, swarm, service):
    service(run(1)["objects"]["ssh_key"])
    rotated = run(2)
    assert (rotated["removed"], rotated["old"]) == ([], {"1": ["service festival-workers"]})
    assert not run(2)["changed"] and len(names(swarm)) == 8
    swarm.remove_service("festival-workers")
    assert run(2)["removed"] == [1] and len(names(swarm)) == 4


def test_a_half_made_set_is_made_anew(run, swarm):
    first = run()
    swarm.remove_config(first["objects"]["known_hosts"]["id"])
    assert "lacks known-hosts" in run(check=True)["diff"]["before"]
    anew = run()
    assert anew["changed"] and anew["fingerprint"] != first["fingerprint"] and len(names(swarm)) == 4


def test_a_half_made_set_in_use_is_an_error(run, swarm, service):
    first = run()
    service(first["objects"]["ssh_key"])
    swarm.remove_config(first["objects"]["known_hosts"]["id"])
    with pytest.raises(
        FestivalError, match="lacks known-hosts, and service festival-workers .*festival_trust_version to 2"
    ):
        run()
    assert len(names(swarm)) == 3


def test_what_could_not_be_finished_is_removed_again(run, swarm):
    swarm.create_config("festival-known-hosts-v1", b"somebody else's")
    with pytest.raises(FestivalError, match="Create festival-known-hosts-v1: .*already exists.*stands in the way"):
        run()
    assert names(swarm) == ["festival-known-hosts-v1"]


def test_parts_of_two_sets_are_not_a_set(run, swarm):
    swarm.remove_secret(run()["objects"]["host_key"]["id"])
    SwarmStore(swarm, KEYS, "other").make(1, *KEYS.new())
    wanted = [*(name for name in names(swarm) if name.startswith("festival")), "other-host-key-v1"]
    kept = [item for item in swarm.secrets() + swarm.configs() if item["Spec"]["Name"] in wanted]
    assert sets_of(KEYS, kept, [])[1].flaw == "is mixed from two sets"


def test_each_pool_has_a_token_of_its_own(run, swarm):
    without = run()
    first, again = run(pool="festival-pool"), run(pool="festival-pool")
    assert (first["changed"], again["changed"]) == (True, False)
    assert first["fingerprint"] == without["fingerprint"] and first["objects"] == again["objects"]
    other = run(pool="other")
    assert other["changed"] and other["objects"]["token"]["name"] == "other-token-v1" and other["removed"] == []
    assert other["objects"]["ssh_key"] == first["objects"]["ssh_key"]
    assert len(names(swarm)) == 6 and not run(pool="festival-pool")["changed"]


def test_a_token_rotates_with_the_keys_and_stays_while_it_is_used(run, swarm, service):
    service(run(1, pool="festival-pool")["objects"]["token"])
    rotated = run(2, pool="festival-pool")
    assert (rotated["removed"], rotated["old"]) == ([1], {"1": ["service festival-workers"]})
    assert "the token of pool festival-pool, version 2: whole" in rotated["diff"]["after"]
    assert [name for name in names(swarm) if name.endswith("v1")] == ["festival-pool-token-v1"]
    swarm.remove_service("festival-workers")
    assert run(2, pool="festival-pool")["removed"] == [1]
    assert not run(2, pool="festival-pool")["changed"]


def test_a_pool_called_like_the_cluster_mixes_nothing_up(run, swarm):
    made = run(pool="festival")
    assert made["objects"].keys() == {"ssh_key", "host_key", "authorized_keys", "known_hosts", "token"}
    assert not run(pool="festival")["changed"]


def test_another_cluster_of_the_same_swarm_is_left_alone(run, swarm):
    SwarmStore(swarm, KEYS, "other").make(1, *KEYS.new())
    assert run(2)["removed"] == []
    assert len(names(swarm)) == 8


def test_a_cluster_that_ends_takes_its_keys_and_no_others(run, swarm):
    SwarmStore(swarm, KEYS, "other").make(1, *KEYS.new())
    run(pool="festival-pool")
    whole = names(swarm)
    would = run(pool="festival-pool", state="absent", check=True)
    assert (would["changed"], would["removed"], names(swarm)) == (True, [1], whole)
    assert run(pool="festival-pool", state="absent")["removed"] == [1]
    assert names(swarm) == sorted(f"other-{part}-v1" for part in KEYS.parts)
    assert not run(pool="festival-pool", state="absent")["changed"]


def test_keys_in_use_stay_whole(run, swarm, service):
    service(run()["objects"]["ssh_key"])
    whole = names(swarm)
    with pytest.raises(FestivalError, match="Version 1 of the cluster's keys cannot go: service festival-workers"):
        run(state="absent")
    assert names(swarm) == whole
    # In a check run, what uses them would have gone by then.
    assert run(state="absent", check=True)["changed"]
