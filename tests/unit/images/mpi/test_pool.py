"""The pool as it answers, on this machine's loopback."""

from __future__ import annotations

import socket
import subprocess
import time

import pool
import pytest


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
    assert pool.live(0) == [pool.Host("127.0.0.2", 2), pool.Host("127.0.0.10", 2)]


def test_a_pool_that_is_complete_is_not_waited_for(of, listen):
    of("127.0.0.1", listen("127.0.0.1"), containers=1)
    began = time.monotonic()
    assert pool.live(20) == [pool.Host("127.0.0.1", 2)] and time.monotonic() - began < 3


def test_a_pool_that_lacks_a_container_is_waited_for_and_then_taken_as_it_is(of, listen):
    of("127.0.0.1", listen("127.0.0.1"), containers=2)
    began = time.monotonic()
    assert len(pool.live(1)) == 1 and 1 <= time.monotonic() - began < 4


def test_the_hostfile_is_never_seen_in_part(of, tmp_path):
    pool.write_hostfile([pool.Host("10.0.1.2", 2), pool.Host("10.0.1.10", 2)])
    with pool.HOSTFILE.open() as reader:
        pool.write_hostfile([pool.Host("10.0.1.3", 4)])
        assert reader.read() == "10.0.1.2 slots=2\n10.0.1.10 slots=2\n"
    assert pool.HOSTFILE.read_text() == "10.0.1.3 slots=4\n"
    assert list(tmp_path.iterdir()) == [pool.HOSTFILE]


def test_an_interface_is_found_by_its_address():
    assert pool.interface_of("127.0.0.1") == ("lo", "127.0.0.0/8")
    with pytest.raises(OSError, match="No interface of this container has the address 192.0.2.1"):
        pool.interface_of("192.0.2.1")


def test_daemons_and_ranks_are_pinned_to_the_pools_network(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(pool, "own_address", lambda: "127.0.0.1")
    for _ in range(2):
        pool.pin()
    made = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.conf")}
    assert made == {
        ".prte/mca-params.conf": "prte_if_include = lo\n",
        ".openmpi/mca-params.conf": "btl_tcp_if_include = 127.0.0.0/8\n",
    }


def test_a_session_of_ssh_finds_what_its_container_was_started_with(monkeypatch):
    monkeypatch.setattr(
        pool, "container_environment", lambda: {"FESTIVAL_POOL_ADDRESS": "tasks.p", "FESTIVAL_SLOTS": "4"}
    )
    monkeypatch.setenv("FESTIVAL_SLOTS", "2")
    for name in ("FESTIVAL_POOL_ADDRESS", "FESTIVAL_CONTAINERS"):
        monkeypatch.delenv(name, raising=False)
    found = [pool.setting(name, "1") for name in ("FESTIVAL_POOL_ADDRESS", "FESTIVAL_SLOTS", "FESTIVAL_CONTAINERS")]
    assert found == ["tasks.p", "2", "1"]


@pytest.mark.parametrize("listens", [True, False])
def test_the_command_that_writes_the_hostfile(of, listen, monkeypatch, tmp_path, capsys, listens):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(pool, "own_address", lambda: "127.0.0.1")
    monkeypatch.setattr(pool.live, "__defaults__", (0,))
    of("127.0.0.1", listen("127.0.0.1") if listens else 1, containers=1)
    assert pool.main("hostfile") == (0 if listens else 1)
    assert pool.HOSTFILE.exists() is listens
    assert capsys.readouterr().err == (
        "" if listens else "No container of the pool (mariachi) answers. Is it up? playbooks/workers.yml starts it.\n"
    )


def test_the_own_address_is_that_of_the_host_name():
    name = socket.gethostname()
    known = subprocess.run(["getent", "ahostsv4", name], capture_output=True, text=True, check=False).stdout.split()
    if not known:
        pytest.skip("this machine's name has no address")
    assert pool.own_address() in known
