"""One run of mpirun: its ranks as they come, what they print, and which of them ended it."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass

from festival_mpi import link, wire
from festival_mpi.launcher import log, mpirun
from festival_mpi.launcher.events import Events
from festival_mpi.launcher.failures import Failures
from festival_mpi.launcher.listener import Joined, Left, Listener, Printed, Told
from festival_mpi.launcher.rank import CLOSED, SILENT, Rank

#: Seconds within which all ranks have to be there, and for which a run that cannot go on is given to end by itself.
START = 60
LINGER = 5

#: Seconds for which one look at what there is to hear takes at most.
LOOK = 0.2


@dataclass
class Outcome:
    """How a run ended. ``again`` says that a rank was killed or lost, which the program is not to blame for."""

    ok: bool
    message: str = ""
    again: bool = False
    code: int = 1


class Run:
    """One mpirun and all of its ranks."""

    def __init__(self, command: list[str], ranks: int, order: wire.Order, events: Events, number: int) -> None:
        self.wanted, self.order, self.events, self.number = ranks, order, events, number
        self.ranks: dict[int, Rank] = {}
        self.failures = Failures(events)
        self._started, self._looked = time.monotonic(), 0.0
        self._stopped: float | None = None
        self._silent = False
        self._over = threading.Event()
        self._heard: queue.Queue = queue.Queue()
        self.listener = Listener(ranks, self._heard)
        self.mpirun = mpirun.Mpirun(command, self.listener.address, self._heard)
        threading.Thread(target=self._beat, daemon=True).start()

    def follow(self) -> Outcome:
        """Follow the run to its end and say how it ended; nothing of it is left then."""
        try:
            while not self._ended():
                with contextlib.suppress(queue.Empty):
                    self._take(self._heard.get(timeout=LOOK))
                if self.failures.due():
                    self._judge()
                self._look()
                self._end_what_lingers()
            if self.failures.waiting():
                self._judge()
            return self._outcome()
        finally:
            self.close()

    def _ended(self) -> bool:
        there = [rank for rank in self.ranks.values() if not rank.gone]
        return self.mpirun.ended() and not there and self._heard.empty() and self._silent

    def _take(self, what: mpirun.Line | mpirun.Silent | Joined | Printed | Told | Left) -> None:
        """Take the next thing that was heard. Private."""
        match what:
            case mpirun.Line(text):
                self._hear_mpirun(text)
            case mpirun.Silent():
                self._silent = True
            case Joined(rank):
                self.ranks[rank.number] = rank
                rank.tell(wire.told(self.order))
            case Printed(rank, piece):
                log.write(*rank.lines(piece))
            case Told(rank, wire.Started(pid)):
                rank.start()
                self.events.write("join", **rank.place(), pid=pid)
            case Told(rank, wire.Ended() as end):
                self._hear_end(rank, end)
            case Left(rank):
                rank.gone = True
                log.write(*rank.rest())
                if not rank.cause:
                    self.failures.note(rank, CLOSED)

    def _hear_mpirun(self, line: bytes) -> None:
        """Print what mpirun says; after a failure it only says that ranks have ended, and of the wrong ones. Private."""
        self.mpirun.note(line.decode(errors="replace"))
        if line.strip() and not self.failures.first:
            log.write(line)
        lost = mpirun.lost_host(line)
        for rank in self.ranks.values():
            if rank.address == lost and not rank.cause:
                self.failures.note(rank, SILENT)

    def _hear_end(self, rank: Rank, end: wire.Ended) -> None:
        """Tell of the work of a rank that has ended, or of its loss. Private."""
        if rank.cause:
            # One that was taken for lost may come back, to be ended with the others.
            return
        rank.end(end)
        if rank.ended_well():
            self.events.write("tasks", call=self.number, **rank.work())
        else:
            self.failures.note(rank, rank.cause)

    def _judge(self) -> None:
        self.failures.judge()
        self.stop()

    def stop(self) -> None:
        """End all ranks; mpirun ends by itself when they have."""
        self._stopped = self._stopped or time.monotonic()
        for rank in self.ranks.values():
            rank.tell(wire.told(wire.Stop()))

    def _beat(self) -> None:
        """Tell the ranks that their launcher is alive, also while it waits for a log or a disk. Private."""
        while not self._over.wait(link.BEAT):
            for rank in list(self.ranks.values()):
                rank.tell(wire.HEARTBEAT)

    def _look(self) -> None:
        """Each second, miss the ranks that are silent, and those that have not come. Private."""
        now = time.monotonic()
        if now - self._looked <= link.BEAT:
            return
        self._looked = now
        for rank in self.ranks.values():
            if rank.watch.silent() and not rank.gone and not rank.cause:
                self.failures.note(rank, SILENT)
        if len(self.ranks) < self.wanted and now - self._started > START and not self._stopped:
            missing = [str(number) for number in range(self.wanted) if number not in self.ranks]
            self.mpirun.note(f"After {START} s there is no rank {', '.join(missing[:20])}.\n")
            self.stop()

    def _end_what_lingers(self) -> None:
        """End what does not end by itself. Private."""
        now = time.monotonic()
        if self.mpirun.ended():
            # Ranks whose host is gone will not say so.
            self._stopped = self._stopped or now
            if now - self._stopped > LINGER:
                self._miss_all()
        elif self._stopped and now - self._stopped > 2 * LINGER:
            self.mpirun.kill()
        elif self._stopped and now - self._stopped > LINGER:
            self.mpirun.terminate()

    def _miss_all(self) -> None:
        """Wait no longer for anything. Private."""
        for rank in self.ranks.values():
            if not rank.cause:
                self.failures.note(rank, SILENT)
            rank.gone = True
        self._silent = True

    def _outcome(self) -> Outcome:
        code = self.mpirun.wait()
        if code == 0 and self.failures.first is None and len(self.ranks) == self.wanted:
            return Outcome(ok=True)
        rank, did = self.failures.first, ""
        if rank is None:
            number, did = self.mpirun.blamed() or (None, "")
            rank = self.ranks.get(number)
        if rank is None:
            return Outcome(False, self.mpirun.complaint(), code=max(code, 1))
        return Outcome(False, rank.complaint(did), rank.killed(), max(code, 1))

    def containers(self) -> dict[str, str]:
        """Return the names of the containers that had ranks by their addresses, those of the lowest ranks first."""
        found: dict[str, str] = {}
        for _, rank in sorted(self.ranks.items()):
            found.setdefault(rank.address, f"{rank.host}-{rank.container}" if rank.host else rank.container)
        return found

    def close(self) -> None:
        """End what is left of the run, if anything is."""
        self._over.set()
        self.stop()
        self.listener.close()
        if not self.mpirun.ended():
            self.mpirun.kill()
            self.mpirun.wait()
