"""The way to what lies under a name in a folder in which somebody else writes: never out of the folder, whatever he exchanges."""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t
from pathlib import Path

#: Links that a name leads over at most, and components with those of the links.
LINKS = 40
STEPS = 5000

#: How to look at what lies under a name: not opened in earnest, so that no FIFO blocks and no device notices.
LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC

_LEADS_OUT = "a link that leads out of the job's folder"
_IN_A_CIRCLE = "a link that leads in a circle"


class Refused(Exception):
    """What lies under a name is not read. The message says what it is: "a link to nothing"."""


class Missing(Refused):
    """Nothing lies there."""


def _parts(name: str) -> list[str]:
    """Return the components of a name, the last one first. Private."""
    return [part for part in reversed(name.split("/")) if part not in ("", ".")]


@contextlib.contextmanager
def closing(descriptor: int) -> t.Iterator[int]:
    """Give a descriptor, and close it."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class Way:
    """The way to a name from a folder on, which never leaves the folder: links are followed here, not by the kernel."""

    def __init__(self, root: Path, seen_as: str, name: str) -> None:
        self.root, self.seen_as = root, seen_as
        self.ahead, self.behind = _parts(name), []
        self.links = self.steps = 0
        self.here = os.open(root, LOOK | os.O_DIRECTORY)

    def go(self) -> None:
        """Go to the end; raise Refused, or the kernel's error."""
        while self.ahead:
            part = self.ahead.pop()
            self.steps += 1
            if self.steps > STEPS:
                raise Refused(_IN_A_CIRCLE if self.links else "in too many folders")
            if part == "..":
                self._up()
                continue
            there = os.open(part, LOOK, dir_fd=self.here)
            if stat.S_ISLNK(os.fstat(there).st_mode):
                with closing(there):
                    self._follow(os.readlink("", dir_fd=there))
            else:
                self._move(there)
                self.behind.append(part)

    def close(self) -> None:
        os.close(self.here)

    def _move(self, there: int) -> None:
        os.close(self.here)
        self.here = there

    def _up(self) -> None:
        # Not by the kernel's "..": of a folder that is moved meanwhile that is another one.
        if not self.behind:
            raise Refused(_LEADS_OUT)
        self._from_top(self.behind[:-1])

    def _from_top(self, again: list[str]) -> None:
        self._move(os.open(self.root, LOOK | os.O_DIRECTORY))
        self.ahead += reversed(again)
        self.behind = []

    def _follow(self, target: str) -> None:
        self.links += 1
        if self.links > LINKS:
            raise Refused(_IN_A_CIRCLE)
        if target.startswith("/"):
            if not (self.seen_as and f"{target}/".startswith(f"{self.seen_as}/")):
                raise Refused(_LEADS_OUT)
            target = target[len(self.seen_as) :]
            self._from_top([])
        self.ahead += _parts(target)
