"""The messages between the launcher and the agents.

A message is one byte that says what it is, followed by its body. An agent runs beside a program that may say anything in its place, so
that whatever comes in is checked before it is used.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
import typing as t
from dataclasses import asdict, dataclass, fields

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


@dataclass(frozen=True)
class Hello:
    """An agent's first words: which rank it is, on which host, in which container, and under which address that is reached."""

    rank: int
    host: str
    container: str
    address: str

    def __post_init__(self) -> None:
        ipaddress.IPv4Address(self.address)
        if self.rank < 0 or not (NAME.fullmatch(self.host) and NAME.fullmatch(self.container)):
            raise WireError(f"rank {self.rank} on {self.host!r}, {self.container!r}")


@dataclass(frozen=True)
class Order:
    """The launcher's answer: what the agent is to run, where, and with which variables."""

    command: list[str]
    folder: str
    environment: dict[str, str]


@dataclass(frozen=True)
class Started:
    """The program runs."""

    pid: int


@dataclass(frozen=True)
class Ended:
    """The program has ended: with an exit code, or by a signal, which is negative; and whether it was told to."""

    code: int
    cpu: float
    memory: int
    stopped: bool

    def __post_init__(self) -> None:
        if not -64 <= self.code <= 255:
            raise WireError(f"exit code {self.code}")


@dataclass(frozen=True)
class Stop:
    """The agent is to end its program."""


Message = Hello | Order | Started | Ended | Stop

_M = t.TypeVar("_M", bound=Message)

#: Type of a field → whether a value of JSON is one.
_FITS: dict[str, t.Callable[[t.Any], bool]] = {
    "bool": lambda value: type(value) is bool,
    "int": lambda value: type(value) is int and abs(value) < 1 << 63,
    "float": lambda value: type(value) in (int, float) and math.isfinite(value),
    "str": lambda value: type(value) is str,
    "list[str]": lambda value: type(value) is list and all(type(item) is str for item in value),
    "dict[str, str]": lambda value: type(value) is dict and all(type(item) is str for item in value.values()),
}


def told(message: Message) -> bytes:
    """Return the bytes that tell a message."""
    return TOLD + json.dumps([type(message).__name__, asdict(message)]).encode()


def heard(said: bytes, *kinds: type[_M]) -> _M:
    """Return the message that bytes tell; raise WireError unless it is of one of these kinds and well formed."""
    try:
        name, facts = json.loads(said.removeprefix(TOLD))
        (kind,) = (kind for kind in kinds if kind.__name__ == name)
        types = {field.name: field.type for field in fields(kind)}
        if facts.keys() == types.keys() and all(_FITS[types[key]](value) for key, value in facts.items()):
            return kind(**facts)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise WireError(f"{said[:80]!r}: {error}") from error
    raise WireError(f"{said[:80]!r} is no message of this kind")
