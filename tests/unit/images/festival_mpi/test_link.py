"""When one side takes the other for lost, and who is let in."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection

import pytest
from festival_mpi import link


@pytest.fixture
def after(monkeypatch):
    """Return a function that lets some seconds pass."""
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    def after(seconds: float) -> None:
        clock[0] += seconds

    return after


def test_the_other_side_is_lost_after_its_silence(after):
    watch = link.Watch()
    for _ in range(int(link.SILENCE)):
        after(1)
        assert not watch.silent()
    after(1)
    assert watch.silent()


def test_who_is_heard_is_not_silent(after):
    watch = link.Watch()
    for _ in range(3 * int(link.SILENCE)):
        after(1)
        watch.hear()
        assert not watch.silent()


def test_who_stood_still_begins_anew(after):
    watch = link.Watch()
    after(10 * link.SILENCE)
    assert not watch.silent()
    for _ in range(int(link.SILENCE)):
        after(1)
        assert not watch.silent()
    after(1)
    assert watch.silent()


@pytest.fixture
def calls():
    """Return a server, and a function that accepts its next call."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:

        def answer() -> Connection:
            accepted, _ = server.accept()
            return link.accept(accepted)

        yield "{}:{}".format(*server.getsockname()), lambda: threads.submit(answer)


def test_both_sides_prove_that_they_are_of_one_pool(machine, calls):
    address, answer = calls
    accepted = answer()
    with link.dial(address) as dialled, accepted.result(5) as heard:
        dialled.send_bytes(b"hello")
        assert heard.recv_bytes() == b"hello"
        for side in (dialled, heard):
            with socket.socket(fileno=os.dup(side.fileno())) as kept:
                assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == link.CUT_OFF * 1000


def test_who_has_another_token_is_not_let_in(machine, calls):
    address, answer = calls
    accepted = answer()
    host, _, port = address.rpartition(":")
    with pytest.raises(AuthenticationError):
        Client((host, int(port)), authkey=b"another")
    with pytest.raises(AuthenticationError):
        accepted.result(5)


def test_who_says_nothing_that_is_asked_is_not_let_in(machine, calls):
    address, answer = calls
    accepted = answer()
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port))) as rude:
        rude.sendall(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises((OSError, EOFError)):
        accepted.result(5)
