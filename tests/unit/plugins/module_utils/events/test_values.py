"""What is an event, and what a value in it may be."""

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.events.values import (
    NO_EVENT,
    event_of,
    integer,
    integers,
    known,
    names,
    number,
    numbers,
    word,
)


@pytest.mark.parametrize(
    "line",
    ["", "{", "7", "null", "[1]", '"end"', "{} {}", '{"a": NaN}', '{"a": -Infinity}', "[" * 200_000, '{"a":' * 200_000],
)
def test_what_is_no_event(line):
    with pytest.raises(NO_EVENT):
        event_of(line)


def test_half_of_a_surrogate_pair_is_no_text():
    assert event_of(r'{"a": "\ud800 x", "\udfff": 1}') == {"a": "? x", "?": 1.0}
    assert event_of(r'{"a": "\ud83c\udfb8 \u00f1"}') == {"a": "🎸 ñ"}


def test_a_number_of_a_million_digits_takes_no_time():
    start = time.process_time()
    event = event_of(json.dumps({"event": "x"})[:-1] + ', "time": ' + "9" * 10**6 + "}")
    with pytest.raises(NO_EVENT):
        number(event["time"])
    assert time.process_time() - start < 2


@pytest.mark.parametrize("value", [True, None, "1", [1.0], {}, float("inf"), float("nan"), 10**400])
def test_what_is_no_number(value):
    with pytest.raises(NO_EVENT):
        number(value)
    with pytest.raises(NO_EVENT):
        numbers([1.0, value])


def test_r_writes_a_vector_of_one_as_it_likes():
    assert numbers(1.5) == numbers([1.5]) == [1.5] and integers([2.0, 3.0]) == [2, 3] and integer(4.0) == 4
    assert names("a") == names(["a"]) == ["a"] and names([1.0, "b"]) == ["1.0", "b"]


def test_what_some_know_and_others_do_not():
    assert known([1.0, None], 2) == [1.0, None] and known(None, 2) == [None, None]
    with pytest.raises(ValueError, match="no number"):
        known(["x"], 1)


def test_a_name_is_one_line_that_can_be_printed():
    assert word("ñandú-1") == "ñandú-1" and word("a\nb\x1b[2J\u2028") == "a?b?[2J?" and len(word("x" * 10**6)) == 200
