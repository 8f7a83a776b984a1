"""What the two sides tell each other, and what is not taken from either."""

from __future__ import annotations

import json

import pytest
from festival_mpi import wire

HELLO = {"rank": 1, "host": "mana", "container": "46fd3c062db8", "address": "10.0.1.2"}
ENDED = {"code": 0, "cpu": 0.5, "memory": 1000, "stopped": False}


@pytest.mark.parametrize(
    "message",
    [
        wire.Hello(**HELLO),
        wire.Hello(**{**HELLO, "host": ""}),
        wire.Order(["sh", "-c", "echo ñ"], "/home/festival/job", {"A": "1", "NOT_UTF8": "\udcff"}),
        wire.Started(4711),
        wire.Ended(**ENDED),
        wire.Ended(-9, 0, 0, True),
        wire.Stop(),
    ],
)
def test_a_message_is_heard_as_it_was_told(message):
    said = wire.told(message)
    assert said[:1] == wire.TOLD and wire.heard(said, type(message)) == message


def test_only_what_is_expected_is_heard():
    started = wire.told(wire.Started(1))
    assert wire.heard(started, wire.Ended, wire.Started) == wire.Started(1)
    with pytest.raises(wire.WireError):
        wire.heard(started, wire.Hello, wire.Ended)


def said(name: str, **facts: object) -> bytes:
    """Return the bytes of a message that no class makes."""
    return wire.TOLD + json.dumps([name, facts]).encode()


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        wire.TOLD,
        wire.TOLD + b"\xff",
        wire.TOLD + b"{}",
        wire.TOLD + b'["Started"]',
        wire.TOLD + b'["Started", null]',
        wire.TOLD + b'["Started", {"pid": 1' + b"0" * 5000 + b"}]",
        wire.TOLD + b"[" * 200_000,
        said("Started"),
        said("Started", pid=1, more=1),
        said("Started", pid="1"),
        said("Started", pid=True),
        said("Started", pid=1 << 64),
        said("Ended", **{**ENDED, "code": 256}),
        said("Ended", **{**ENDED, "code": -65}),
        said("Ended", **{**ENDED, "cpu": float("nan")}),
        said("Ended", **{**ENDED, "stopped": 0}),
        said("Hello", **{**HELLO, "rank": -1}),
        said("Hello", **{**HELLO, "address": "-oProxyCommand=touch x"}),
        said("Hello", **{**HELLO, "address": "mana"}),
        said("Hello", **{**HELLO, "container": "../../x"}),
        said("Hello", **{**HELLO, "host": "mana\nMPI: spoofed"}),
        said("Order", command=["sh", 1], folder="/", environment={}),
        said("Order", command=["sh"], folder="/", environment={"A": 1}),
        said("Nothing"),
    ],
)
def test_what_nobody_says_is_refused(bytes_):
    with pytest.raises(wire.WireError):
        wire.heard(bytes_, wire.Hello, wire.Order, wire.Started, wire.Ended)
