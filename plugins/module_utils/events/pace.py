"""How fast a call gets on, by the clock of its events."""

from __future__ import annotations

from collections import deque

#: The rate is that of the last minute, or of the last messages where they come less often.
RECENT_SECONDS = 60
RECENT_MESSAGES = 32

#: Messages that follow each other within this are one: what is kept is bounded by time, however short the tasks.
GRAIN = 0.05


class Pace:
    """What of a call was done when, as far as it says how fast it is now."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, int]] = deque()

    def begin(self, time: float, done: int) -> None:
        """Forget what was: from now on it counts."""
        self._recent = deque([(time, done)])

    def add(self, time: float, done: int) -> None:
        """Note that so many tasks are done by now."""
        recent = self._recent
        if len(recent) > 1 and time - recent[-1][0] < GRAIN:
            recent.pop()
        recent.append((time, done))
        while len(recent) > RECENT_MESSAGES and time - recent[0][0] > RECENT_SECONDS:
            recent.popleft()

    def rate(self, now: float) -> float | None:
        """Return tasks a second, or None where nothing is known yet."""
        if len(self._recent) < 2:
            return None
        (first, before), (last, done) = self._recent[0], self._recent[-1]
        seconds = max(now, last) - first
        return (done - before) / seconds if seconds > 0 and done > before else None
