"""Times, sizes and numbers in words."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.events.words import (
    clean,
    clock,
    counted,
    duration,
    natural,
    size_text,
    tasks_text,
    times,
    when,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.0042, "4.2 ms"), (0.25, "0.25 s"), (12.34, "12.3 s"), (59.97, "1 min 00 s"), (3600, "1 h 00 min")],
)
def test_durations_are_as_precise_as_it_matters(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(7.9, "0:07"), (754, "12:34"), (3723, "1:02:03")])
def test_clock(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("count", "word", "text"),
    [(1, "task", "1 task"), (0, "task", "0 tasks"), (10_000, "loss", "10,000 losses"), (2, "retry", "2 retries")],
)
def test_counted(count, word, text):
    assert counted(count, word) == text


def test_other_words():
    assert [times(1), times(3)] == ["once", "3 times"]
    assert [tasks_text(4, 1), tasks_text(4, 2)] == ["task 4", "tasks 4–5"]
    assert when("2026-09-21T15:33:18.123+00:00") == "2026-09-21 15:33:18 UTC" and when(None) == ""


def test_names_are_sorted_as_people_count():
    assert sorted(["w10/1", "w9/2", "w9/10", "²"], key=natural) == ["w9/2", "w9/10", "w10/1", "²"]


@pytest.mark.parametrize(
    ("size", "text"), [(4, "4 bytes"), (1500, "1.5 kB"), (10**9, "1.0 GB"), (5 * 10**12, "5,000.0 GB")]
)
def test_sizes(size, text):
    assert size_text(size) == text


def test_what_a_terminal_would_still_show():
    assert clean("a\x1b[32mb\x1b[0m\x00\n10%\r20%\rdone\r\n") == "ab\ndone\n"
