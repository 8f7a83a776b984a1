"""The pool's network, asked of this machine."""

from __future__ import annotations

import pytest
from festival_mpi import container, network


def test_an_interface_is_found_by_its_address():
    assert network.interface_of("127.0.0.1") == ("lo", "127.0.0.0/8")
    with pytest.raises(OSError, match="No interface of this container has the address 192.0.2.1"):
        network.interface_of("192.0.2.1")


def test_daemons_and_ranks_are_pinned_to_the_pools_network(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(container, "own_address", lambda: "127.0.0.1")
    for _ in range(2):
        network.pin()
    made = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.conf")}
    assert made == {
        ".prte/mca-params.conf": "prte_if_include = lo\n",
        ".openmpi/mca-params.conf": "btl_tcp_if_include = 127.0.0.0/8\n",
    }
