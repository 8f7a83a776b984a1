"""The tables of the report of a job whose workers take tasks."""

from __future__ import annotations

import heapq

from ansible_collections.alparque.festival.plugins.module_utils.engines.view import Cell, Column, Section
from ansible_collections.alparque.festival.plugins.module_utils.events.lanes import Lane
from ansible_collections.alparque.festival.plugins.module_utils.events.spans import union
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Bar, Story, call_end
from ansible_collections.alparque.festival.plugins.module_utils.events.words import clean, duration, tasks_text

SLOWEST = 10

FAILURES = [
    Column("task", "task"),
    Column("call", "call", "n"),
    Column("time", "after", "n"),
    Column("message", "message", "message"),
]
TASKS = [
    Column("tasks", "tasks"),
    Column("seconds", "seconds", "n"),
    Column("call", "call", "n"),
    Column("worker", "worker", "code"),
    Column("host", "host"),
    Column("began", "began after", "n"),
    Column("attempt", "attempt", "n"),
]
CALLS = [
    Column("call", "call"),
    Column("function", "function", "code"),
    Column("tasks", "tasks", "n"),
    Column("resumed", "resumed", "n"),
    Column("began", "began after", "n"),
    Column("seconds", "elapsed", "n"),
    Column("work", "tasks took", "n"),
    Column("speedup", "speed-up", "n"),
]
WORKERS = [
    Column("name", "worker", "code"),
    Column("host", "host", "host"),
    Column("there", "there, after the start"),
    Column("tasks", "tasks", "n"),
    Column("busy", "busy", "n"),
    Column("percent", "utilisation", "gauge"),
]


def failures(story: Story) -> Section:
    """Return the failed tasks."""
    rows = [
        {
            "task": mark.first,
            "call": mark.call.number if mark.call else "?",
            "time": duration(mark.time - story.start),
            "message": clean(mark.cause),
        }
        for mark in story.failures
    ]
    return Section("failures", "Failed tasks", FAILURES, rows, limited=True)


def slowest(story: Story) -> Section:
    """Return the slowest tasks; of tasks that travelled together, their mean."""

    def each(bar: Bar) -> float:
        return (bar.end - bar.start) / max(1, bar.count)

    rows = [
        {
            "tasks": tasks_text(bar.first, bar.count),
            "call": bar.call.number,
            "worker": bar.worker,
            "host": story.workers[bar.worker].host,
            "began": duration(bar.start - story.start),
            "seconds": duration(each(bar)) + (" on average" if bar.count > 1 else ""),
            "attempt": bar.attempt,
        }
        for bar in heapq.nlargest(SLOWEST, story.bars, key=each)
    ]
    return Section("slowest", "Slowest tasks", TASKS, rows)


def calls(story: Story) -> Section:
    """Return the calls, and what all their tasks took."""
    took: dict[int, float] = {}
    for bar in story.bars:
        took[id(bar.call)] = took.get(id(bar.call), 0.0) + bar.end - bar.start
    rows = []
    for call in story.calls.values():
        seconds = max(0.0, call_end(story, call) - call.start)
        rows.append(
            {
                "call": f"{call.number}{f' (start {call.run + 1})' if len(story.starts) > 1 else ''}",
                "function": call.function or "?",
                "tasks": f"{call.done + call.resumed:,}" + (f" of {call.tasks:,}" if call.tasks is not None else ""),
                "resumed": call.resumed,
                "began": duration(call.start - story.start),
                "seconds": duration(seconds),
                "work": duration(took.get(id(call), 0.0)),
                "speedup": f"{took[id(call)] / seconds:.1f}×" if seconds and id(call) in took else "–",
            }
        )
    return Section("calls", "Calls", CALLS, rows, limited=True)


def workers(story: Story, lanes: list[Lane]) -> Section:
    """Return the workers."""
    rows = []
    for lane in lanes:
        spans = [
            f"{duration(start - story.start)} – {duration(end - story.start)}"
            for start, end in union(lane.worker.spans)
        ]
        rows.append(
            {
                "name": Cell(lane.worker.name, bad="lost" if lane.worker.lost else ""),
                "host": lane.worker.host,
                "there": ", ".join(spans) or "–",
                "tasks": f"{lane.tasks:,}",
                "busy": duration(lane.busy),
                "percent": round(100 * lane.utilisation),
            }
        )
    lost = sum(lane.worker.lost for lane in lanes)
    return Section("workers", "Workers", WORKERS, rows, False, f"{len(rows)} in all, of which {lost} lost", 16)
