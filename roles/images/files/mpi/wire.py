"""What the launcher and a rank say to each other, over one connection for each rank.

A message is one byte that says what it is, followed by its body. ``multiprocessing.connection`` frames messages, and has each side
prove to the other by an HMAC challenge that it has the pool's token, which does not travel itself.
"""

from __future__ import annotations

import json
import os
import socket
import time
import typing as t
from multiprocessing.connection import Connection
from pathlib import Path

#: A body of JSON: what a rank is, what it is to do, how it ended.
TOLD = b"t"
#: Output of the program, as it came.
OUTPUT = b"o"
#: No body: the sender is alive.
HEARTBEAT = b"."

#: Seconds between two heartbeats, and of silence after which the other side is taken for lost. Longer than what the kernel
#: needs to notice that no answer comes, for a host that is busy may keep a process waiting.
BEAT = 1.0
SILENCE = 30.0
CUT_OFF = 10.0

#: Seconds between two looks at the other side after which it was the one who looks that stood still.
STILL = 5.0

#: What a rank reports after it was told to end because of another one.
STOPPED = "stopped"

TOKEN = Path("/run/secrets/festival_token")


class Watch:
    """When the other side was last heard of. To be asked each second or so: who stood still himself has heard nobody."""

    def __init__(self) -> None:
        self.heard = self.looked = time.monotonic()

    def hear(self) -> None:
        """Note that the other side has said something."""
        self.heard = time.monotonic()

    def silent(self) -> bool:
        """Say whether the other side is to be taken for lost."""
        now, before = time.monotonic(), self.looked
        self.looked = now
        if now - before > STILL:
            # A disk or a machine that stalls holds up both sides; what the other one has said may still be on its way.
            self.heard = now
        return now - self.heard > SILENCE


def token() -> bytes:
    """Return what both sides prove that they have."""
    return TOKEN.read_bytes().strip()


def watch_over(connection: Connection) -> None:
    """Have the kernel end a connection whose other side no longer answers: tcp(7). It carries a message at least each second."""
    with socket.socket(fileno=os.dup(connection.fileno())) as side:
        side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        side.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(CUT_OFF * 1000))


def told(**facts: t.Any) -> bytes:
    """Return the message that tells these facts."""
    return TOLD + json.dumps(facts).encode()


def facts_of(message: bytes) -> dict:
    """Return the facts that a message of kind ``TOLD`` tells."""
    return json.loads(message[1:])
