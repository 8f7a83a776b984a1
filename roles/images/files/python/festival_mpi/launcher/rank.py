"""What the launcher knows of one rank."""

from __future__ import annotations

import signal
import threading
import time
import typing as t
from collections import deque
from multiprocessing.connection import Connection

from festival_mpi import wire
from festival_mpi.link import Watch

#: Lines of a rank's output that an error message has.
LAST_LINES = 10

#: Signals that come from outside of a program: somebody, the kernel, or the end of its host.
FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

#: How a rank ended other than by an exit code or a signal: it was told to, its connection was closed, or it is silent.
STOPPED, CLOSED, SILENT = "stopped", "closed", "silent"


class Rank:
    """One rank: where it is, what it prints, and how it ended: ``cause`` is empty until then."""

    def __init__(self, connection: Connection, hello: wire.Hello) -> None:
        self.number, self.host, self.container, self.address = hello.rank, hello.host, hello.container, hello.address
        self.watch = Watch()
        self.gone = False
        self.cause = ""
        self._connection = connection
        self._telling = threading.Lock()
        self._started, self._finished = time.time(), 0.0
        self._end: wire.Ended | None = None
        self._last: deque[bytes] = deque(maxlen=LAST_LINES)
        self._part = b""

    def tell(self, message: bytes) -> None:
        """Send a message to a rank that may be gone."""
        try:
            if not self.gone:
                with self._telling:
                    self._connection.send_bytes(message)
        except OSError:
            # Its reader notices, too.
            pass

    def hang_up(self) -> None:
        """End the connection: an agent that finds it closed ends its program."""
        with self._telling:
            self._connection.close()

    def start(self) -> None:
        """Note that its program runs."""
        self._started = time.time()

    def end(self, end: wire.Ended) -> None:
        """Note how its program ended."""
        self._end, self._finished = end, time.time()
        how = f"signal {-end.code}" if end.code < 0 else f"exit code {end.code}"
        self.cause = STOPPED if end.stopped else how

    def lines(self, piece: bytes) -> list[bytes]:
        """Return the whole lines that there are with this piece of output."""
        *whole, self._part = (self._part + piece).split(b"\n")
        self._last.extend(line for line in whole if line.strip())
        return [line + b"\n" for line in whole]

    def rest(self) -> list[bytes]:
        """Return what was printed without an end of line."""
        return self.lines(b"\n") if self._part else []

    def ended_well(self) -> bool:
        """Say whether its program ended with exit code 0, whoever else has ended by then."""
        return self._end is not None and self._end.code == 0

    def killed(self) -> bool:
        """Say whether it was ended from outside, or lost with its container."""
        return self.cause in (CLOSED, SILENT) or (self._end is not None and -self._end.code in FROM_OUTSIDE)

    def place(self) -> dict[str, t.Any]:
        """Return who it is and where, as events tell it."""
        return {"worker": f"rank {self.number}", "host": self.host, "container": self.container}

    def usage(self) -> dict[str, t.Any]:
        """Return what it has used, as far as it could still say so."""
        return {"cpu": self._end.cpu, "memory": self._end.memory} if self._end else {}

    def work(self) -> dict[str, list]:
        """Return what it did, in the form of a ``tasks`` event."""
        return {
            "first": [self.number + 1],
            "count": [1],
            "worker": [f"rank {self.number}"],
            "start": [round(self._started, 3)],
            "end": [round(self._finished, 3)],
            "attempt": [1],
            **{key: [value] for key, value in self.usage().items()},
        }

    def complaint(self, did: str = "") -> str:
        """Say which rank failed, where, what it did or how it ended, and what it printed last."""
        where = f"{self.host} (container {self.container})" if self.host else f"container {self.container}"
        last = [line.decode(errors="replace") for line in [*self._last, *filter(None, [self._part])]]
        printed = "\n".join(["It printed last:", *last]) if last else "It printed nothing."
        return f"rank {self.number} on {where} {did or self._how()}. {printed}"

    def _how(self) -> str:
        """Say how it ended. Private."""
        if self.cause == CLOSED:
            return "was lost with its container"
        if self.cause == SILENT or self._end is None:
            return "was lost: its container does not answer any more"
        code = self._end.code
        return f"was ended by signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"ended with {self.cause}"
