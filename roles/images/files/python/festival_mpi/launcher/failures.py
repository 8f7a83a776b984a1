"""Which rank failed first. Others follow it at once, and may be heard of before."""

from __future__ import annotations

import time

from festival_mpi.launcher.events import Events
from festival_mpi.launcher.rank import STOPPED, Rank

#: Seconds from the first rank that ended wrongly to the word which of them was the first.
JUDGEMENT = 0.5


class Failures:
    """The ranks that ended wrongly; ``first`` is the one that the run failed for, once that is known."""

    def __init__(self, events: Events) -> None:
        self.first: Rank | None = None
        self._events = events
        self._suspects: list[tuple[Rank, str]] = []
        self._until = 0.0

    def note(self, rank: Rank, cause: str) -> None:
        """Note that a rank ended wrongly."""
        rank.cause = rank.cause or cause
        if self.first:
            # mpirun kills the others, sometimes before they can say so.
            self._tell(rank, STOPPED)
            return
        if not self._suspects:
            self._until = time.monotonic() + JUDGEMENT
        self._suspects.append((rank, cause))

    def waiting(self) -> bool:
        """Say whether there are ranks to be judged."""
        return bool(self._suspects)

    def due(self) -> bool:
        """Say whether all have been heard of that may have been the first."""
        return self.waiting() and time.monotonic() > self._until

    def judge(self) -> None:
        """Say which rank failed first: one that was killed or lost, before those whose connections to it broke."""
        self._suspects.sort(key=lambda suspect: (suspect[1] == STOPPED, not suspect[0].killed()))
        # Where all were stopped, mpirun has ended them: it will say for what, or the one to blame is still to be missed.
        if self._suspects[0][1] != STOPPED:
            self.first = self._suspects[0][0]
        for rank, cause in self._suspects:
            own = rank is self.first or (rank.killed() and cause != STOPPED)
            self._tell(rank, cause if own else STOPPED)
        self._suspects = []

    def _tell(self, rank: Rank, cause: str) -> None:
        """Write that a rank's work is lost. Private."""
        self._events.write("lost", **rank.place(), cause=cause, tasks=1, **rank.usage())
