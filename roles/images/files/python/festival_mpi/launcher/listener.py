"""Where the agents dial in. What they say comes into a queue, in which the one thread that follows the run finds it."""

from __future__ import annotations

import queue
import socket
import threading
import typing as t
from multiprocessing.connection import Connection

from festival_mpi import container, link, wire
from festival_mpi.launcher.rank import Rank


class Joined(t.NamedTuple):
    """A rank has come."""

    rank: Rank


class Printed(t.NamedTuple):
    """A rank's program has printed something."""

    rank: Rank
    piece: bytes


class Told(t.NamedTuple):
    """A rank has told how it is."""

    rank: Rank
    message: wire.Started | wire.Ended


class Left(t.NamedTuple):
    """A rank's connection has ended."""

    rank: Rank


class Listener:
    """The launcher's ear: one thread that takes calls, and one for each agent."""

    def __init__(self, ranks: int, heard: queue.Queue) -> None:
        self._wanted, self._heard = ranks, heard
        self._ranks: dict[int, Rank] = {}
        self._server = socket.create_server((container.own_address(), 0), backlog=1024)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """Where the agents dial in, such as 10.0.1.2:4711."""
        return "{}:{}".format(*self._server.getsockname())

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._hear, args=[accepted], daemon=True).start()

    def _hear(self, accepted: socket.socket) -> None:
        """Let an agent prove itself, then pass on all that it says."""
        rank = None
        try:
            connection = link.accept(accepted)
            rank = self._welcome(connection)
            self._heard.put(Joined(rank))
            while True:
                said = connection.recv_bytes(wire.LONGEST)
                rank.watch.hear()
                if said[:1] == wire.OUTPUT:
                    self._heard.put(Printed(rank, said[1:]))
                elif said[:1] == wire.TOLD:
                    self._heard.put(Told(rank, wire.heard(said, wire.Started, wire.Ended)))
        except Exception:
            # A stranger, or a rank whose connection has ended: what matters of it is told by its absence.
            if rank:
                self._heard.put(Left(rank))
                rank.hang_up()

    def _welcome(self, connection: Connection) -> Rank:
        """Return the rank that an agent says it is; raise WireError where there is none, or it has come already. Private."""
        hello = wire.heard(connection.recv_bytes(wire.LONGEST), wire.Hello)
        rank = Rank(connection, hello)
        if hello.rank >= self._wanted or self._ranks.setdefault(hello.rank, rank) is not rank:
            raise wire.WireError(f"rank {hello.rank} of {self._wanted}")
        return rank

    def close(self) -> None:
        """Take no more calls."""
        # Closing alone would not wake the thread that waits for them.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
