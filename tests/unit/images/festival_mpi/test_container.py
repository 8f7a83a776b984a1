"""What a container knows of itself, asked of this machine."""

from __future__ import annotations

import socket
import subprocess

import pytest
from festival_mpi import container


def test_an_interface_is_found_by_its_address():
    assert container.interface_of("127.0.0.1") == ("lo", "127.0.0.0/8")
    with pytest.raises(OSError, match="No interface of this container has the address 192.0.2.1"):
        container.interface_of("192.0.2.1")


def test_daemons_and_ranks_are_pinned_to_the_pools_network(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(container, "own_address", lambda: "127.0.0.1")
    for _ in range(2):
        container.pin()
    made = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.conf")}
    assert made == {
        ".prte/mca-params.conf": "prte_if_include = lo\n",
        ".openmpi/mca-params.conf": "btl_tcp_if_include = 127.0.0.0/8\n",
    }


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
