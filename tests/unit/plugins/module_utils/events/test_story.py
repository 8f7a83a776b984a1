"""What all stories have in common: masters, calls, and who is there."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.events import story as stories
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Story, call_end


def told(*events, detailed=True):
    story = Story(detailed)
    for event in events:
        story.take(event)
    return story


def call(number, time, tasks=None):
    return {"event": "call", "time": time, "call": number, "tasks": tasks}


def test_an_empty_story():
    story = Story().close()
    assert (story.start, story.end, story.seconds, story.progress()) == (0.0, 0.0, 0.0, (0, None))


def test_an_event_that_nobody_knows_still_says_when():
    story = told({"event": "serenade", "time": 3.0}, {"event": "take", "time": 5.0})
    assert (story.start, story.end) == (3.0, 5.0)


def test_a_call_ends_at_the_latest_when_the_next_one_begins_or_its_master_is_gone():
    story = told({"event": "start", "time": 1.0}, call(1, 2.0), call(2, 4.0), {"event": "done", "time": 5.0, "call": 2})
    story.take(call(3, 6.0))
    story.take({"event": "start", "time": 8.0})
    story.take({"event": "end", "time": 9.0})
    assert [call_end(story, of) for of in story.calls.values()] == [4.0, 5.0, 8.0]
    assert story.count("restart") == 1 and [mark.kind for mark in story.news] == ["restart"] and story.ended


@pytest.mark.parametrize("detailed", [True, False])
def test_of_a_call_that_was_made_again_the_last_turn_counts(detailed):
    start = {"event": "start", "time": 1.0}
    story = told(start, call(1, 2.0, 5), call(2, 3.0, 7), {**start, "time": 4.0}, call(1, 5.0, 5), detailed=detailed)
    story.call.resumed = 4
    assert story.progress() == (4, 12)


def test_calls_without_end_are_summed_up(monkeypatch):
    monkeypatch.setattr(stories, "MOST_CALLS", 10)
    story = told({"event": "start", "time": 1.0}, detailed=False)
    for number in range(1, 101):
        story.take(call(number, 2.0 + number, 3))
        story.call.done = 2
    assert len(story.calls) == 10 and story.progress() == (200, 300)


def test_more_workers_than_there_can_be_are_left_out(monkeypatch):
    monkeypatch.setattr(stories, "MOST_WORKERS", 2)
    story = Story()
    assert [story.worker(name).name for name in ("a", "b", "a")] == ["a", "b", "a"]
    with pytest.raises(ValueError, match="more workers"):
        story.worker("c")


def test_what_the_script_says_of_itself_is_kept_short():
    story = told({"event": "progress", "time": 1.0, "done": 1.0, "total": 4.0, "message": "two\n words " + "x" * 10**6})
    assert story.said == (1.0, 4.0) and story.message.startswith("two words xx") and len(story.message) == 500
