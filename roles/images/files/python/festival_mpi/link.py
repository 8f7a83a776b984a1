"""The connection between the launcher and an agent: proved, watched, and missed.

``multiprocessing.connection`` frames messages, and has each side prove to the other by an HMAC challenge that it has the pool's
token, which does not travel itself.
"""

from __future__ import annotations

import os
import socket
import time
from multiprocessing.connection import Client, Connection, answer_challenge, deliver_challenge

#: Seconds between two heartbeats, and of silence after which the other side is taken for lost. Longer than what the kernel
#: needs to notice that no answer comes, for a host that is busy may keep a process waiting.
BEAT = 1.0
SILENCE = 30.0
CUT_OFF = 10.0

#: Seconds between two looks at the other side after which it was the one who looks that stood still.
STILL = 5.0

TOKEN = "/run/secrets/festival_token"


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
    with open(TOKEN, "rb") as file:
        return file.read().strip()


def dial(launcher: str) -> Connection:
    """Return an agent's connection to the launcher, at an address such as 10.0.1.2:4711; each has proved itself."""
    host, _, port = launcher.rpartition(":")
    connection = Client((host, int(port)), authkey=token())
    _watch_over(connection)
    return connection


def accept(accepted: socket.socket) -> Connection:
    """Return the launcher's connection to an agent that has dialled in; raise what it is that a stranger does wrong."""
    connection = Connection(accepted.detach())
    _watch_over(connection)
    deliver_challenge(connection, token())
    answer_challenge(connection, token())
    return connection


def _watch_over(connection: Connection) -> None:
    """Have the kernel end a connection whose other side no longer answers: tcp(7). It carries a message at least each second."""
    with socket.socket(fileno=os.dup(connection.fileno())) as side:
        side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        side.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(CUT_OFF * 1000))
