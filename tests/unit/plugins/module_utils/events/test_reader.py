"""Reading the stream: in pieces, with whatever a script may have written into it."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import Reader, read_events
from ansible_collections.alparque.festival.plugins.module_utils.events.tasks import TaskStory
from ansible_collections.alparque.festival.tests.unit.finished_job import BEGAN, eventful

STRANGE = [
    '{"event": "tasks", "time": 1',
    "oye mi amor",
    "[1, 2]",
    "null",
    "7",
    '{"event": "call"}',
    '{"event":"call","time":"x"}',
    '{"event":"call","time":1,"call":[1]}',
    '{"event":"call","time":1,"call":1,"tasks":"many"}',
    '{"event":"end","time":NaN}',
    '{"event":"end","time":1e999}',
    '{"event":7,"time":1}x',
    '{"event": []}',
    '{"event":"tasks","time":1}',
    '{"event":"tasks","time":1,"call":1,"first":[1]}',
    '{"event":"tasks","time":1,"call":1,"count":["x"]}',
    '{"event":"lost","time":2,"worker":"a","tasks":"x"}',
    '{"event":"progress","time":2,"done":"x","total":{}}',
    '{"event":"start","time":2,"expected":"all"}',
    "[" * 200_000,
    '{"event":' * 100_000,
    "x" * (5 << 20),
]


@pytest.mark.parametrize("size", [1, 10, 999, 10**6])
def test_pieces_may_be_cut_anywhere_even_within_a_character(size):
    data = eventful().lines().replace("mana", "maná").encode()
    reader, news = Reader(TaskStory()), []
    for at in range(0, len(data), size):
        news += reader.feed(data[at : at + size])
    story = reader.close()
    assert story.progress() == (280, 280) and story.peak == 12
    assert [mark.kind for mark in news].count("lost") == 2 and story.workers["000000000002/1"].host == "maná"


def test_text_is_as_good_as_bytes():
    reader = Reader(TaskStory())
    reader.feed(eventful().lines())
    assert reader.close().progress() == (280, 280)


@pytest.mark.parametrize("line", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("detailed", [True, False])
def test_a_line_that_is_none_of_ours_changes_nothing(line, detailed):
    reader, other = Reader(TaskStory(detailed)), Reader(TaskStory(detailed))
    first, then = '{"event":"call","time":1,"call":1,"function":"f","tasks":2}\n', '{"event":"news","time":3}\n'
    assert reader.feed(f"{first}{line}\n{then}") == [] and other.feed(first + then) == []
    told, same = reader.close(), other.close()
    assert (told.start, told.end, told.progress()) == (1.0, 3.0, (0, 2))
    assert (told.message, told.said, told.expected, list(told.workers)) == ("", (None, None), 0, [])
    assert (told.bars, told.marks, told.masters) == (same.bars, same.marks, same.masters)


def test_the_last_line_may_have_no_end_and_half_of_one_is_none():
    for last, calls in (('{"event":"call","time":1,"call":1}', 1), ('{"event":"call","time":1,"ca', 0)):
        assert len(read_events(io.BytesIO(last.encode()), TaskStory()).calls) == calls


def feed_much(reader, first, last):
    """Let a thousand tasks be done, one fail and the master start again, some times over."""
    for at in range(first, last):
        columns = {"first": list(range(1000)), "count": [1] * 1000, "worker": [f"w/{i}" for i in range(1000)]}
        columns |= {"start": [BEGAN + at] * 1000, "end": [BEGAN + at + 1.0] * 1000}
        told = [{"event": "tasks", "call": 1, **columns}, {"event": "start"}]
        told.append({"event": "failed", "call": 1, "task": 1, "message": "x" * 10_000})
        reader.feed("".join(json.dumps({"time": BEGAN + at, **event}) + "\n" for event in told))


def test_what_a_bar_keeps_does_not_grow_with_the_job():
    reader = Reader(TaskStory(detailed=False))
    feed_much(reader, 0, 5)
    tracemalloc.start()
    feed_much(reader, 5, 30)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reader.story.count("failed") == 30 and reader.story.masters == 30
    assert kept < 100_000
