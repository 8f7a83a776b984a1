"""The gossip's port, with real sockets: who holds it, and what is done about it before a host enters a swarm."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import cluster, member, port
from ansible_collections.alparque.festival.plugins.module_utils.docker import restart
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, InTurn

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F0A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 53578 1 0 100 0 0 10 0
   1: 0215D50A:E1B4 0415D50A:1F0A 06 00000000:00000000 03:00000DA2 00000000     0        0 0 3 0
   3: 0215D50A:1F0A 0415D50A:A1B4 01 00000000:00000000 00:00000000 00000000     0        0 53580 1 0 100 0 0 10 0
   2: 0100007F:1F0B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 53579 1 0 100 0 0 10 0
"""


@pytest.fixture
def holder(monkeypatch):
    """Hold a port, by TCP or UDP, as an engine or another program does; the module looks at that one."""
    monkeypatch.setattr(port, "LETS_GO", 0)
    held = []

    def hold(kind=socket.SOCK_STREAM):
        listener = socket.socket(socket.AF_INET, kind)
        listener.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            listener.listen()
        monkeypatch.setattr(port, "GOSSIP_PORT", listener.getsockname()[1])
        held.append(listener)
        return listener

    yield hold
    for listener in held:
        listener.close()


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """Put a systemctl before the machine's own, that notes its call and does as the script says."""

    def make(script="exit 0"):
        command = tmp_path / "systemctl"
        command.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n{script}\n')
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    make.calls = lambda: (tmp_path / "calls").read_text().splitlines() if (tmp_path / "calls").exists() else []
    return make


def own_name() -> str:
    return Path("/proc/self/comm").read_text().strip()


def engine(*states) -> FakeEngine:
    return FakeEngine(
        info=InTurn([{"Name": "mana", "Swarm": {"LocalNodeState": state}} for state in states or ["inactive"]])
    )


def test_only_who_listens_counts():
    assert port.listening(TABLE, "0A", 7946) == {"53578"}


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_who_holds_a_port_is_known(holder, kind):
    holder(kind)
    assert port.owners(port.sockets(port.GOSSIP_PORT)) == {str(os.getpid()): own_name()}


def test_a_free_port_needs_nothing(holder, systemctl):
    systemctl()
    holder().close()
    assert port.make_free(engine(), "mana") is False
    assert systemctl.calls() == []


def test_another_program_is_named_and_left_alone(holder, systemctl, documented):
    holder(), systemctl()
    with pytest.raises(FestivalError) as error:
        port.make_free(engine(), "mana")
    words = documented("Port of the gossip held").replace(
        "python3 (process 812)", f"{own_name()} (process {os.getpid()})"
    )
    assert str(error.value) == words.replace("7946", str(port.GOSSIP_PORT))
    assert systemctl.calls() == []


def test_an_engine_that_still_holds_it_is_restarted(holder, systemctl, monkeypatch):
    listener = holder()
    monkeypatch.setattr(port, "ENGINE", own_name())
    monkeypatch.setattr(port, "restart", lambda client, name: (restart.restart(client, name), listener.close()))
    systemctl()
    assert port.make_free(engine(), "mana") is True
    assert systemctl.calls() == ["restart docker.service"]


def test_a_restart_that_does_not_help_is_an_error(holder, systemctl, monkeypatch):
    holder(), systemctl()
    monkeypatch.setattr(port, "ENGINE", own_name())
    with pytest.raises(FestivalError, match="Host mana: something, also after a restart, listens at port"):
        port.make_free(engine(), "mana")


def test_nobody_joins_or_makes_a_swarm_with_the_port_held(holder, systemctl):
    holder(), systemctl()
    asked = engine("inactive")
    params = {
        "name": "mana",
        "state": "present",
        "node_ids": [],
        "managers": ["10.0.0.2"],
        "token": "t",
        "takeover": False,
    }
    with pytest.raises(FestivalError, match="listens at port"):
        member.converge(asked, {**params, "advertise_addr": "10.0.0.3", "timeout": 0}, False)
    with pytest.raises(FestivalError, match="Host mana: .* listens at port"):
        cluster.converge(asked, {"state": "present", "owner": "festival", "create": True, "takeover": False}, False)
    assert asked.told == []
    assert member.converge(asked, params, True)["changed"], "a check run asks for nothing and restarts nothing"
    assert systemctl.calls() == []


@pytest.mark.parametrize(
    ("script", "states", "words"),
    [
        ("echo 'Unit docker.service not found.' >&2; exit 5", ["inactive"], "Unit docker.service not found."),
        ("exit 0", ["pending"], "0 s later its swarm is pending."),
    ],
)
def test_an_engine_that_does_not_come_back_is_told(systemctl, documented, script, states, words):
    systemctl(script)
    with pytest.raises(FestivalError) as error:
        restart.restart(engine(*states), "mana", timeout=0)
    told = documented("Engine that does not come back").replace("Unit docker.service not found.", words)
    assert str(error.value) == told


def test_without_systemd_that_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FestivalError, match="does not bring the engine back: .*No such file or directory"):
        restart.restart(engine(), "mana", timeout=0)
