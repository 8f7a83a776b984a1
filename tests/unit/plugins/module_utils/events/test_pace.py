"""How fast a call gets on."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.events.pace import Pace


def test_nothing_is_known_before_something_is_done():
    pace = Pace()
    assert pace.rate(5) is None
    pace.begin(100, 0)
    assert pace.rate(105) is None
    pace.add(104, 8)
    assert pace.rate(104) == 2 and pace.rate(108) == 1


def test_the_last_minute_counts():
    pace = Pace()
    pace.begin(0, 0)
    for second in range(200):
        pace.add(second, 10 * min(second, 100) + max(0, second - 100))
    assert pace.rate(199) == 1


def test_what_is_kept_is_bounded_and_the_rate_is_right():
    pace = Pace()
    pace.begin(0, 0)
    for message in range(500_000):
        pace.add(message / 5000, message)
    assert len(pace._recent) < 1500
    assert 4900 < pace.rate(100) < 5100


def test_a_clock_that_stands_still_fills_nothing():
    pace = Pace()
    pace.begin(1, 0)
    for message in range(10_000):
        pace.add(1, message)
    assert len(pace._recent) < 5 and pace.rate(1) is None
