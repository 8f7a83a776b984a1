"""Waiting, on a clock that only moves when somebody sleeps."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("ready_at", "timeout", "reached", "seconds"),
    [
        (100, 10, True, 0),
        (103, 10, True, 4),
        (110, 10, True, 10),  # the deadline itself still counts
        (111, 10, False, 10),
        (100, 0, True, 0),  # without any time, it looks once
        (101, 0, False, 0),
    ],
)
def test_waits_until_reached_or_the_deadline(ready_at, timeout, reached, seconds):
    clock = Clock()
    result = wait_until(clock, lambda now: now >= ready_at, timeout, interval=2, clock=clock, sleep=clock.sleep)
    assert result == (reached, 100 + seconds)  # what was observed last is returned
    assert clock.now == 100 + seconds
