"""The messages between the launcher and the agents.

A message is one byte that says what it is, followed by its body. An agent runs beside a program that may say anything in its place, so
that whatever comes in is checked before it is used. Messages are named tuples, for each of hundreds of agents to a host loads this anew,
and ``dataclasses`` would take longer than all the rest.
"""

from __future__ import annotations

import json
import math
import re
import socket
import typing as t

#: Output of the program, as it came.
OUTPUT = b"o"
#: No body: the sender is alive.
HEARTBEAT = b"."
#: A body of JSON: the name of one of the classes below, and its fields.
TOLD = b"t"

#: The longest message that the launcher reads.
LONGEST = 1 << 20

#: What is part of the names of files, and told in the log.
NAME = re.compile(r"(?!-)[\w.-]{0,255}", re.ASCII)


class WireError(ValueError):
    """A message is not one that the other side sends."""


class Hello(t.NamedTuple):
    """An agent's first words: which rank it is, on which host, in which container, and under which address that is reached."""

    rank: int
    host: str
    container: str
    address: str


class Order(t.NamedTuple):
    """The launcher's answer: what the agent is to run, where, and with which variables."""

    command: list[str]
    folder: str
    environment: dict[str, str]


class Started(t.NamedTuple):
    """The program runs."""

    pid: int


class Ended(t.NamedTuple):
    """The program has ended: with an exit code, or by a signal, which is negative; and whether it was told to."""

    code: int
    cpu: float
    memory: int
    stopped: bool


class Stop(t.NamedTuple):
    """The agent is to end its program."""


Message = Hello | Order | Started | Ended | Stop

_M = t.TypeVar("_M", bound=Message)


def _is(kind: type) -> t.Callable[[t.Any], bool]:
    return lambda value: type(value) is kind


def _is_whole(value: t.Any) -> bool:
    return type(value) is int and abs(value) < 1 << 63


def _is_address(value: t.Any) -> bool:
    """Say whether a value is an IPv4 address of four numbers; inet_aton() alone would take others, too. Private."""
    return type(value) is str and socket.inet_ntoa(socket.inet_aton(value)) == value


#: Field of a message → whether a value of JSON may be one.
_FITS: dict[str, t.Callable[[t.Any], bool]] = {
    "rank": lambda value: _is_whole(value) and value >= 0,
    "host": lambda value: type(value) is str and bool(NAME.fullmatch(value)),
    "container": lambda value: type(value) is str and bool(NAME.fullmatch(value)),
    "address": _is_address,
    "command": lambda value: type(value) is list and all(map(_is(str), value)),
    "folder": _is(str),
    "environment": lambda value: type(value) is dict and all(map(_is(str), value.values())),
    "pid": _is_whole,
    "code": lambda value: _is_whole(value) and -64 <= value <= 255,
    "cpu": lambda value: type(value) in (int, float) and math.isfinite(value),
    "memory": _is_whole,
    "stopped": _is(bool),
}


def told(message: Message) -> bytes:
    """Return the bytes that tell a message."""
    return TOLD + json.dumps([type(message).__name__, message._asdict()]).encode()


def heard(said: bytes, *kinds: type[_M]) -> _M:
    """Return the message that bytes tell; raise WireError unless it is of one of these kinds and well formed."""
    try:
        name, facts = json.loads(said.removeprefix(TOLD))
        (kind,) = (kind for kind in kinds if kind.__name__ == name)
        if facts.keys() == set(kind._fields) and all(_FITS[key](value) for key, value in facts.items()):
            return kind(**facts)
    except (ValueError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise WireError(f"{said[:80]!r}: {error}") from error
    raise WireError(f"{said[:80]!r} is no message of this kind")
