"""Who is heard, and what is not listened to."""

from __future__ import annotations

import contextlib
import queue
import socket
import typing as t
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection

import pytest
from festival_mpi import link, wire
from festival_mpi.launcher.listener import Joined, Left, Listener, Printed, Told

HELLO = wire.Hello(1, "mana", "c9", "10.0.1.2")


class Ear(t.NamedTuple):
    """A listener, and what it has heard."""

    listener: Listener
    heard: queue.Queue

    def call(self, *said: bytes) -> Connection:
        """Call it and say something, unless it hangs up before all is said."""
        connection = link.dial(self.listener.address)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for message in said:
                connection.send_bytes(message)
        return connection

    def next(self) -> t.Any:
        return self.heard.get(timeout=5)


def is_hung_up_on(agent: Connection) -> bool:
    """Say whether a connection ends without another word."""
    try:
        return agent.poll(5) and agent.recv_bytes() is None
    except (EOFError, ConnectionResetError):
        return True


@pytest.fixture
def ear(machine, monkeypatch):
    """Return the ear of a launcher of two ranks."""
    monkeypatch.setattr("festival_mpi.container.own_address", lambda: "127.0.0.1")
    heard: queue.Queue = queue.Queue()
    listener = Listener(2, heard)
    yield Ear(listener, heard)
    with contextlib.suppress(OSError):  # a test may have closed it
        listener.close()


def test_what_an_agent_says_is_heard_in_its_order(ear):
    agent = ear.call(
        wire.told(HELLO), wire.told(wire.Started(7)), wire.OUTPUT + b"a\n", wire.HEARTBEAT, wire.OUTPUT + b"b"
    )
    agent.send_bytes(wire.told(wire.Ended(0, 1, 2, False)))
    agent.close()
    rank = ear.next().rank
    assert (rank.number, rank.host, rank.container, rank.address) == (1, "mana", "c9", "10.0.1.2")
    assert [ear.next() for _ in range(5)] == [
        Told(rank, wire.Started(7)),
        Printed(rank, b"a\n"),
        Printed(rank, b"b"),
        Told(rank, wire.Ended(0, 1, 2, False)),
        Left(rank),
    ]


def test_every_word_is_a_sign_of_life(ear, monkeypatch):
    agent = ear.call(wire.told(HELLO))
    watch = ear.next().rank.watch
    watch.heard = 0.0
    agent.send_bytes(wire.HEARTBEAT)
    agent.send_bytes(wire.OUTPUT)
    ear.next()
    assert watch.heard > 0


@pytest.mark.parametrize(
    "said",
    [
        wire.told(wire.Hello(2, "mana", "c9", "10.0.1.2")),  # of ranks 0 and 1
        wire.told(wire.Started(1)),
        wire.OUTPUT + b"a\n",
        wire.TOLD + b"[" * 100_000,
        b"x" * (wire.LONGEST + 1),
    ],
)
def test_who_does_not_begin_with_who_it_is_is_not_heard(ear, said):
    agent = ear.call(said)
    assert is_hung_up_on(agent)
    assert ear.heard.empty()


def test_who_says_that_it_is_a_rank_which_is_there_is_not_heard(ear):
    with ear.call(wire.told(HELLO)) as agent:
        rank = ear.next().rank
        assert is_hung_up_on(ear.call(wire.told(HELLO)))
        agent.send_bytes(wire.OUTPUT + b"a")
        assert ear.next() == Printed(rank, b"a")


@pytest.mark.parametrize(
    "said", [wire.TOLD + b'["Ended", {"code": "0"}]', wire.told(HELLO), b"o" * (wire.LONGEST + 1), wire.TOLD]
)
def test_who_says_what_no_agent_says_is_lost(ear, said):
    agent = ear.call(wire.told(HELLO), said)
    rank = ear.next().rank
    assert ear.next() == Left(rank)
    assert is_hung_up_on(agent)


def test_strangers_are_not_heard_and_disturb_nobody(ear):
    host, _, port = ear.listener.address.rpartition(":")
    with pytest.raises(AuthenticationError):
        Client((host, int(port)), authkey=b"guessed")
    with socket.create_connection((host, int(port))) as rude, socket.create_connection((host, int(port))):
        rude.sendall(b"GET / HTTP/1.0\r\n\r\n")
        ear.call(wire.told(HELLO))
        assert isinstance(ear.next(), Joined)


def test_who_calls_afterwards_is_not_taken(ear):
    address = ear.listener.address
    ear.listener.close()
    with pytest.raises(ConnectionRefusedError):
        link.dial(address)
