"""Restarting an engine by a program of our own in the place of systemctl."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.docker import restart as engine_restart
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, InTurn, fault


@pytest.fixture
def restart(tmp_path, monkeypatch):
    """Return a function that restarts an engine by a shell script; what it answers then comes in turn."""

    def run(script, *answers):
        program = tmp_path / "restart"
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/begun\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(engine_restart, "COMMAND", (str(program),))
        states = [
            answer if isinstance(answer, Exception) else {"Swarm": {"LocalNodeState": answer}} for answer in answers
        ]
        engine_restart.restart(FakeEngine(info=InTurn(states)), "mana", 1)
        return (tmp_path / "begun").exists()

    return run


@pytest.mark.parametrize("answers", [["active"], ["inactive"], [fault("starting"), "pending", "active"]], ids=str)
def test_it_waits_until_the_engine_knows_its_swarm(restart, answers):
    assert restart("true", *answers)


@pytest.mark.parametrize(
    ("script", "answers", "words"),
    [
        (
            "echo 'Unit docker.service not found.' >&2; exit 5",
            ["active"],
            "back: Unit docker.service not found. See journalctl",
        ),
        ("true", [fault("no")], "back: 1 s later it does not answer. See journalctl -u docker there"),
        ("true", ["pending"], "back: 1 s later its swarm is pending. See"),
    ],
)
def test_an_engine_that_does_not_come_back_is_an_error(restart, script, answers, words):
    with pytest.raises(FestivalError, match=f"^Host mana: .*{words}"):
        restart(script, *answers)


def test_a_host_without_systemd_is_an_error(monkeypatch):
    monkeypatch.setattr(engine_restart, "COMMAND", ("/nosuch/systemctl",))
    with pytest.raises(
        FestivalError, match="Host mana: /nosuch/systemctl does not bring the engine back: .*No such file"
    ):
        engine_restart.restart(FakeEngine(info={}), "mana")
