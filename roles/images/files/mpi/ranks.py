"""What the launcher knows of one rank."""

from __future__ import annotations

import signal
import threading
import time
import typing as t
from collections import deque
from multiprocessing.connection import Connection

import wire

#: Lines of a rank's output that an error message has.
LAST_LINES = 10

#: Signals that come from outside of a program: somebody, the kernel, or the end of its host.
FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Rank:
    """One rank: where it is, what it prints, and how it ended."""

    def __init__(self, connection: Connection, facts: dict) -> None:
        self.connection = connection
        self.number = int(facts["rank"])
        self.host, self.container, self.address = facts["host"], facts["container"], facts["address"]
        self.watch = wire.Watch()
        self._telling = threading.Lock()
        self.gone = False
        self.ended = ""
        self.started = time.time()
        self.finished = 0.0
        self.facts: dict = {}
        self.last: deque[bytes] = deque(maxlen=LAST_LINES)
        self._part = b""

    @property
    def name(self) -> str:
        """Where it is, for the name of a file."""
        return f"{self.host}-{self.container}" if self.host else self.container

    def tell(self, message: bytes) -> None:
        """Send a message to a rank that may be gone."""
        try:
            if not self.gone:
                with self._telling:
                    self.connection.send_bytes(message)
        except OSError:
            # Its reader notices, too.
            pass

    def start(self) -> None:
        self.started = time.time()

    def end(self, facts: dict) -> None:
        self.facts, self.finished = facts, time.time()
        self.ended = self.cause()

    def lines(self, piece: bytes) -> list[bytes]:
        """Return the whole lines that there are with this piece of output."""
        *whole, self._part = (self._part + piece).split(b"\n")
        self.last.extend(line for line in whole if line.strip())
        return [line + b"\n" for line in whole]

    def rest(self) -> list[bytes]:
        """Return what was printed without an end of line."""
        return self.lines(b"\n") if self._part else []

    def place(self) -> dict[str, t.Any]:
        return {"worker": f"rank {self.number}", "host": self.host, "container": self.container}

    def usage(self) -> dict[str, t.Any]:
        """Return what it has used, as far as it could still say so."""
        return {key: self.facts[key] for key in ("cpu", "memory") if key in self.facts}

    def work(self) -> dict[str, list]:
        """Return what it did, in the form of a ``tasks`` event."""
        return {
            "first": [self.number + 1],
            "count": [1],
            "worker": [f"rank {self.number}"],
            "start": [round(self.started, 3)],
            "end": [round(self.finished, 3)],
            "attempt": [1],
            **{key: [value] for key, value in self.usage().items()},
        }

    def cause(self) -> str:
        """Return how it ended: by a signal, an exit code, or since it was told to."""
        code = self.facts.get("code")
        if code is None:
            return self.ended
        if self.facts["stopped"]:
            return wire.STOPPED
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def killed(self) -> bool:
        """Say whether it was ended from outside, or lost with its container."""
        code = self.facts.get("code")
        return self.ended in ("closed", "silent") or (code is not None and -code in FROM_OUTSIDE)

    def complaint(self, why: str = "") -> str:
        """Say which rank failed, where, how, and what it printed last."""
        why = why or self._end()
        where = f"{self.host} (container {self.container})" if self.host else f"container {self.container}"
        last = [line.decode(errors="replace") for line in [*self.last, *filter(None, [self._part])]]
        printed = "\n".join(["It printed last:", *last]) if last else "It printed nothing."
        return f"rank {self.number} on {where} {why}. {printed}"

    def _end(self) -> str:
        """Say how it ended. Private."""
        if self.ended == "closed":
            return "was lost with its container"
        if self.ended == "silent":
            return "was lost: its container does not answer any more"
        code = self.facts["code"]
        return f"was ended by signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"ended with {self.ended}"
