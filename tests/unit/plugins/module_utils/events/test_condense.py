"""The stream as it travels: in few words, and saying the same."""

from __future__ import annotations

import json

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.events.condense import condensed
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import Reader
from ansible_collections.alparque.festival.plugins.module_utils.events.tasks import TaskStory
from ansible_collections.alparque.festival.tests.unit.finished_job import eventful


def figures(text):
    reader = Reader(TaskStory(detailed=False))
    news = reader.feed(text)
    story = reader.story
    return [mark._replace(call=None) for mark in news], story.progress(), story.pace.rate(0), sorted(story.present)


def test_a_thousand_messages_in_short():
    columns = {"first": list(range(2000)), "count": [1] * 2000, "worker": ["c/1"] * 2000}
    # As R writes it, without spaces.
    long = json.dumps({"event": "tasks", "time": 107.25, "call": 1, **columns}, separators=(",", ":")) + "\n"
    assert condensed(long) == '{"event":"tasks","time":107.25,"call":1,"count":[2000]}\n'


def test_all_that_a_bar_is_drawn_from_is_still_there(recorded):
    written = "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in eventful().events)
    for text in (written, recorded("events.jsonl")):
        short = condensed(text)
        assert len(short) < 0.8 * len(text) and short.count("\n") == text.count("\n")
        assert figures(short) == figures(text)


@pytest.mark.parametrize(
    "line",
    [
        '{"event":"tasks","count":"?"}',
        '{"event":"tasks","time":1,"call":1,"count":[NaN]}',
        '{"event":"tasks","time":' + "[" * 200_000,
        '{"event":"lost","time":1,"worker":"\u2028{"}',
        '{"event":"tasks"',
        "",
    ],
)
def test_what_is_none_of_ours_is_left_to_the_reader(line):
    assert condensed(f"{line}\nnext\n") == f"{line}\nnext\n"


def test_what_is_longer_than_any_event_does_not_travel():
    assert condensed("a\n" + "x" * (5 << 20) + "\nb") == "a\n\nb"
