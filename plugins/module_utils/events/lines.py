"""The lines of a stream that comes in pieces. What a script may write is bounded: a line without an end is not kept."""

from __future__ import annotations

#: Characters of the longest line that is taken for an event. A master writes up to 8192 messages of tasks, which is a million or less.
MOST = 4 << 20


class Lines:
    """Cuts pieces of a stream into its lines; what has no end yet waits for the next piece."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._part = ""
        #: What comes is the rest of a line that is too long.
        self._too_long = False

    def feed(self, piece: str) -> list[str]:
        """Return the lines that have ended with this piece, without those that are too long."""
        # Not splitlines(): JSON may hold characters that it takes for line ends.
        lines = (self._part + piece).split("\n")
        if self._too_long and len(lines) > 1:
            del lines[0]
            self._too_long = False
        self._part = lines.pop()
        if self._too_long or len(self._part) > self.most:
            self._part, self._too_long = "", True
        return [line for line in lines if len(line) <= self.most]

    def rest(self) -> str:
        """Return what is there of a line that has no end yet, and forget it."""
        rest, self._part = self._part, ""
        return rest
