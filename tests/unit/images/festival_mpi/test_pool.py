"""The pool as it answers, on this machine's loopback."""

from __future__ import annotations

import time

import pytest
from festival_mpi import pool
from festival_mpi.pool import Container


@pytest.fixture
def of(monkeypatch, tmp_path):
    """Return a function that says of what this pool is."""
    monkeypatch.setattr(pool, "ANSWER", 0.5)
    monkeypatch.setattr(pool, "HOSTFILE", tmp_path / "hostfile")

    def of(names: str, port: int = 1, containers: int = 3, slots: int = 2) -> None:
        given = {"POOL": "mariachi", "POOL_ADDRESS": names, "SSH_PORT": port, "CONTAINERS": containers, "SLOTS": slots}
        for name, value in given.items():
            monkeypatch.setenv(f"FESTIVAL_{name}", str(value))

    return of


def test_who_greets_as_sshd_is_in_the_pool_in_the_order_of_addresses(of, listen):
    port = listen("127.0.0.10")
    listen("127.0.0.2", port=port)
    listen("127.0.0.3", b"HTTP/1.0 400\r\n", port)
    listen("127.0.0.4", b"", port)  # it takes connections and says nothing
    of("127.0.0.10 127.0.0.5 127.0.0.4 nosuch.invalid 127.0.0.3 127.0.0.2 127.0.0.10", port)
    assert pool.living(0) == [Container("127.0.0.2", 2), Container("127.0.0.10", 2)]


def test_a_pool_that_is_complete_is_not_waited_for(of, listen):
    of("127.0.0.1", listen("127.0.0.1"), containers=1)
    began = time.monotonic()
    assert pool.living(20) == [Container("127.0.0.1", 2)] and time.monotonic() - began < 3


def test_a_pool_that_lacks_a_container_is_waited_for_and_then_taken_as_it_is(of, listen):
    of("127.0.0.1", listen("127.0.0.1"), containers=2)
    began = time.monotonic()
    assert len(pool.living(1)) == 1 and 1 <= time.monotonic() - began < 4


def test_the_hostfile_is_never_seen_in_part(of, tmp_path):
    pool.write_hostfile([Container("10.0.1.2", 2), Container("10.0.1.10", 2)])
    with pool.HOSTFILE.open() as reader:
        pool.write_hostfile([Container("10.0.1.3", 4)])
        assert reader.read() == "10.0.1.2 slots=2\n10.0.1.10 slots=2\n"
    assert pool.HOSTFILE.read_text() == "10.0.1.3 slots=4\n"
    assert list(tmp_path.iterdir()) == [pool.HOSTFILE]


@pytest.mark.parametrize("listens", [True, False])
def test_the_command_that_writes_the_hostfile(of, listen, capsys, listens):
    of("127.0.0.1", listen("127.0.0.1") if listens else 1, containers=1)
    assert pool.refresh_hostfile(0) == (0 if listens else 1)
    assert pool.HOSTFILE.exists() is listens
    assert capsys.readouterr().err == (
        "" if listens else "No container of the pool (mariachi) answers. Is it up? playbooks/workers.yml starts it.\n"
    )
