"""Waiting for a state to come about, with a clock that a test can turn."""

from __future__ import annotations

import time
import typing as t

T = t.TypeVar("T")


def wait_until(
    observe: t.Callable[[], T],
    reached: t.Callable[[T], bool],
    timeout: float,
    interval: float = 0.5,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> tuple[bool, T]:
    """Observe every ``interval`` seconds until ``reached`` or for ``timeout`` seconds.

    Return whether it was reached, and what was observed last, so that the caller can say what is missing.
    """
    deadline = clock() + timeout
    while True:
        seen = observe()
        if reached(seen):
            return True, seen
        if clock() >= deadline:
            return False, seen
        sleep(interval)
