"""The story of workers and tasks."""

from __future__ import annotations

import io
import json

from ansible_collections.alparque.festival.plugins.module_utils.events.reader import read_events
from ansible_collections.alparque.festival.plugins.module_utils.events.tasks import (
    FAILURES_TOLD,
    GATHERING,
    TaskStory,
)
from ansible_collections.alparque.festival.tests.unit.finished_job import BEGAN, eventful


def read(text, detailed=True):
    return read_events(io.BytesIO(text.encode()), TaskStory(detailed))


def story(*events, detailed=True):
    return read("".join(json.dumps({"time": BEGAN, **event}) + "\n" for event in events), detailed)


def test_a_job_with_losses_and_a_second_master():
    told = read(eventful().lines())
    assert told.progress() == (280, 280)
    assert [told.count(kind) for kind in ("lost", "retry", "restart")] == [2, 1, 1]
    assert told.peak == 12 and told.ended
    assert [name for name, worker in told.workers.items() if worker.lost] == ["000000000002/1", "000000000002/2"]
    spans = told.workers["000000000000/1"].spans
    assert len(spans) == 2 and spans[0][1] < told.starts[1] < spans[1][0]


def test_without_details_the_figures_are_the_same(recorded):
    for text in (eventful().lines(), recorded("events.jsonl")):
        full, short = read(text), read(text, detailed=False)
        assert full.bars and full.marks and not short.bars and not short.marks and not short.failures
        for told in (full, short):
            told.kinds = [told.count(kind) for kind in ("join", "lost", "retry", "restart", "failed")]
        assert (short.progress(), short.peak, short.kinds) == (full.progress(), full.peak, full.kinds)
        assert sorted(short.present) == sorted(full.present) and short.start == full.starts[0]


def test_numbers_that_are_no_lists_are_lists_of_one():
    told = story(
        {"event": "tasks", "call": 1, "first": 5, "count": 4, "worker": "a/1", "start": BEGAN, "end": BEGAN + 2}
    )
    assert [(bar.first, bar.count, bar.attempt, bar.end - bar.start) for bar in told.bars] == [(5, 4, 1, 2.0)]
    assert told.workers["a/1"].spans == [[BEGAN, BEGAN + 2]] and told.peak == 1


def test_a_call_that_does_not_say_how_many_tasks_has_no_total():
    assert story({"event": "call", "call": 1, "function": "clusterApply", "tasks": None}).progress() == (0, None)
    assert story().progress() == (0, None)


def news(*events):
    told = TaskStory(detailed=False)
    for event in events:
        told.take({"time": BEGAN, **event})
    return [mark.kind for mark in told.news]


def join(worker, after=0.0):
    return {"event": "join", "worker": worker, "host": "mana", "time": BEGAN + after}


def test_who_comes_late_is_news_and_who_gathers_is_not():
    start = {"event": "start", "expected": 2}
    assert news(start, join("a"), join("b")) == []
    assert news(start, join("a", GATHERING + 1)) == ["join"]
    assert news(start, join("a"), join("b"), join("c")) == ["join"], "one more than expected"
    assert news(start, join("a"), {"event": "lost", "worker": "a"}, join("a")) == ["lost", "join"]


def test_the_first_failures_are_news():
    failed = {"event": "failed", "call": 1, "task": 1, "message": "no guitar"}
    assert news(*[failed] * (FAILURES_TOLD + 3)) == ["failed"] * FAILURES_TOLD


def test_results_that_were_there_already_are_news_and_no_mark():
    events = [{"event": "call", "call": 1, "tasks": 4}, {"event": "resumed", "call": 1, "tasks": 3}]
    assert news(*events) == ["resumed"]
    told = story(*events)
    assert told.marks == [] and told.progress() == (3, 4)
