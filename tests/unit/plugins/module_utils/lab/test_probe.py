"""How far a lab host is, from what one once said."""

from __future__ import annotations

import socket
import threading

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.lab import probe as lab_probe

UP = {"state": "running", "host_key": "ssh-ed25519 AAAA", "sshd": True, "lost": False}


def test_the_probe_of_a_host_that_is_up(recorded):
    found = lab_probe.parse_probe(recorded("lab_probe.txt"))
    assert found["state"] == "running"
    assert found["host_key"].startswith("ssh-ed25519 AAAA")
    assert len(found["host_key"].split()) == 2
    assert [key.split()[-1] for key in found["authorized"]] == ["lab", "other"]


def test_the_probe_of_a_host_that_boots():
    assert lab_probe.parse_probe("state \n") == {"state": "", "host_key": "", "authorized": []}


@pytest.mark.parametrize(
    ("further", "up", "settled"),
    [
        ({}, True, True),
        ({"state": "degraded"}, True, True),
        ({"state": "starting"}, False, False),
        ({"host_key": ""}, False, False),
        ({"sshd": False}, False, False),
        ({"state": "", "sshd": False, "lost": True}, False, True),
    ],
)
def test_when_waiting_is_over(further, up, settled):
    assert lab_probe.is_up({**UP, **further}) is up
    assert lab_probe.is_settled({**UP, **further}) is settled


@pytest.mark.parametrize(
    ("greeting", "is_sshd"), [(b"SSH-2.0-OpenSSH_9.2\r\n", True), (b"220 smtp", False), (b"", False)]
)
def test_who_answers_at_the_port(greeting, is_sshd, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet():
            connection, _ = server.accept()
            with connection:
                connection.sendall(greeting)

        connect, port = socket.create_connection, server.getsockname()[1]
        # Only the port is another: that of ssh is root's to listen at, and may be taken.
        monkeypatch.setattr(socket, "create_connection", lambda to, **how: connect((to[0], port), **how))
        threading.Thread(target=greet, daemon=True).start()
        assert lab_probe.sshd_answers("127.0.0.1") is is_sshd


def test_nobody_answers():
    assert not lab_probe.sshd_answers("127.255.255.254")
