"""The line before a pool: who waits for it, in order of arrival, priority first.

A job has a ticket on the manager's disk. Its controller shows it again whenever it asks; one that went away keeps its place for a
while. All is read and written under the lock of who may start (``lock.py``).
"""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils import files

#: Seconds for which a place is kept whose controller does not ask any more, and after which it is noted again that it does.
KEPT, NOTED = 60, 5


class Ticket(t.NamedTuple):
    """A place in the line. ``arrived`` and ``seen`` are seconds since 1970, by the manager's clock."""

    id: str
    pool: str
    user: str
    controller: str
    priority: int
    arrived: float
    seen: float
    #: Who took it out of the line, and why; empty while it waits.
    stopped: str = ""


class Line:
    """The line before a pool, or before all pools of a manager where none is named."""

    def __init__(self, root: str, pool: str = "*") -> None:
        self.folder = Path(root) / "line"
        self.pool = pool

    def waiting(self, now: float | None = None) -> list[Ticket]:
        """Return who waits, the first one first. Who has not asked for too long is not there any more."""
        now = time.time() if now is None else now
        tickets = [self._read(path) for path in self.folder.glob(f"{self.pool}/*.json")]
        there = [each for each in tickets if each and not each.stopped and now - each.seen < KEPT]
        return sorted(there, key=lambda each: (-each.priority, each.arrived, each.id))

    def show(self, job: str, priority: int, user: str, controller: str) -> list[Ticket]:
        """Have a place in the line, or keep it; return who is before it."""
        now = time.time()
        self._sweep(now)
        known = next((each for each in self.waiting(now) if each.id == job), None)
        if not known or known.priority != priority or now - known.seen > NOTED:
            self._write(Ticket(job, self.pool, user, controller, priority, known.arrived if known else now, now))
        line = self.waiting(now)
        return line[: next(k for k, each in enumerate(line) if each.id == job)]

    def stop(self, job: str, reason: str) -> bool:
        """Take a job out of the line; say whether it was in it. Its controller learns of it when it asks."""
        ticket = next((each for each in self.waiting() if each.id == job), None)
        if ticket:
            for path in self.folder.glob(f"{self.pool}/{job}.json"):
                files.write(path, json.dumps(ticket._replace(stopped=reason)._asdict()).encode(), 0o600)
        return bool(ticket)

    def stopped(self, job: str) -> str:
        """Return by whom and why a job was taken out of the line since it was last here, once."""
        ticket = self._read(self._path(job))
        if not ticket or not ticket.stopped:
            return ""
        self.leave(job)
        return ticket.stopped

    def leave(self, job: str) -> None:
        """Give a place up."""
        self._path(job).unlink(missing_ok=True)

    def _sweep(self, now: float) -> None:
        """Throw away what nobody has asked for since long. Private."""
        for path in self.folder.glob(f"{self.pool}/*.json"):
            ticket = self._read(path)
            if ticket and now - ticket.seen >= KEPT:
                path.unlink(missing_ok=True)

    def _path(self, job: str) -> Path:
        return self.folder / self.pool / f"{job}.json"

    def _write(self, ticket: Ticket) -> None:
        self._path(ticket.id).parent.mkdir(parents=True, exist_ok=True)
        files.write(self._path(ticket.id), json.dumps(ticket._asdict()).encode(), 0o600)

    def _read(self, path: Path) -> Ticket | None:
        """Return a ticket; None where there is none, or where a crash has left half of one. Private."""
        try:
            return Ticket(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
