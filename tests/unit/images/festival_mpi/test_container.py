"""What a container knows of itself, asked of this machine."""

from __future__ import annotations

import socket
import subprocess

import pytest
from festival_mpi import container


def test_a_session_of_ssh_finds_what_its_container_was_started_with(monkeypatch):
    monkeypatch.setattr(container, "environment", lambda: {"FESTIVAL_POOL_ADDRESS": "tasks.p", "FESTIVAL_SLOTS": "4"})
    monkeypatch.setenv("FESTIVAL_SLOTS", "2")
    for name in ("FESTIVAL_POOL_ADDRESS", "FESTIVAL_CONTAINERS"):
        monkeypatch.delenv(name, raising=False)
    found = [
        container.setting(name, "1") for name in ("FESTIVAL_POOL_ADDRESS", "FESTIVAL_SLOTS", "FESTIVAL_CONTAINERS")
    ]
    assert found == ["tasks.p", "2", "1"]


def test_the_own_address_is_that_of_the_host_name():
    name = socket.gethostname()
    known = subprocess.run(["getent", "ahostsv4", name], capture_output=True, text=True, check=False).stdout.split()
    if not known:
        pytest.skip("this machine's name has no address")
    assert container.own_address() in known
