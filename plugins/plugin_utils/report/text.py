"""The figures, sentences and tables of a job's report."""

from __future__ import annotations

import heapq
import re
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.events.measures import (
    duration,
    plural,
    union,
)
from ansible_collections.alparque.festival.plugins.module_utils.events.story import (
    Bar,
    Mark,
    Story,
    call_end,
    tasks_text,
)
from ansible_collections.alparque.festival.plugins.plugin_utils.report.timeline import Timeline

#: Rows of a table that a reader still reads.
ROWS = 50
SLOWEST = 10
#: Seconds between two workers of which we say that they joined together.
JOIN_PAUSE = 1.0
#: Colours and movements of a terminal, which a page has not; and characters that are none.
TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(text: str) -> str:
    """Return what a terminal would still show: the last state of lines that were overwritten, no colours."""
    lines = TERMINAL.sub("", text.replace("\r\n", "\n")).split("\n")
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines)


def task_seconds(story: Story) -> float:
    """Return what all tasks took, as if one after the other."""
    return sum(bar.end - bar.start for bar in story.bars)


def figures(timeline: Timeline, elapsed: float) -> list[dict[str, str]]:
    """Return the report's headline figures."""
    story = timeline.story
    done, total = story.progress()
    there, busy = sum(lane.there for lane in timeline.lanes), sum(lane.busy for lane in timeline.lanes)
    found = [{"label": "elapsed", "value": duration(elapsed), "note": ""}]
    if story.calls:
        note = f"of {total:,}" if total is not None and total != done else ""
        found.append({"label": "tasks done", "value": f"{done:,}", "note": note})
    if story.workers:
        hosts = len({worker.host for worker in story.workers.values()})
        note = f"on {plural(hosts, 'host')}"
        found.append({"label": "workers at most", "value": str(story.peak), "note": note})
    if story.bars:
        took = task_seconds(story)
        note = f"{duration(took)} of tasks"
        found.append({"label": "speed-up", "value": f"{took / elapsed if elapsed else 0:.1f}×", "note": note})
        found.append(
            {"label": "utilisation", "value": f"{busy / there if there else 0:.0%}", "note": "of the workers' time"}
        )
    if story.workers:
        found.append({"label": "workers lost", "value": str(story.count("lost")), "note": _retries(story)})
    return found


def _retries(story: Story) -> str:
    return plural(story.count("retry"), "retry").replace("retrys", "retries")


def lede(timeline: Timeline, elapsed: float) -> str:
    """Say in a sentence or two how it went."""
    story = timeline.story
    done, _ = story.progress()
    if not story.bars:
        return ""
    took = task_seconds(story)
    hosts = len({worker.host for worker in story.workers.values()})
    words = [
        f"{plural(done, 'task')} on {plural(story.peak, 'worker')}, on {plural(hosts, 'host')} in {duration(elapsed)}. "
        f"One after the other they would have taken {duration(took)}."
    ]
    lost, restarts = story.count("lost"), story.count("restart")
    if lost:
        words.append(
            f"{plural(lost, 'worker')} {'was' if lost == 1 else 'were'} lost; what they held was done by others."
        )
    if restarts:
        words.append(f"The master was started again {'once' if restarts == 1 else f'{restarts} times'}.")
    if story.failures:
        words.append(f"{plural(len(story.failures), 'task')} failed.")
    return " ".join(words)


def no_timeline(job: dict, story: Story) -> str:
    """Say why there is nothing to draw; empty where there is."""
    if story.bars:
        return ""
    if job.get("engine") == "ssh":
        return (
            "With the engine ssh the script talks to its workers itself, so nobody sees its tasks. "
            "Run it with festival_engine=socket to get a timeline."
        )
    if job.get("engine") == "none":
        return "This job ran in one container, without workers."
    if not story.starts and not story.workers:
        return "The job ended before it told anything: the log says why."
    return "The script gave its workers no task that was completed."


def calls(story: Story) -> list[dict[str, t.Any]]:
    """Return the rows of the table of calls."""
    took: dict[int, float] = {}
    for bar in story.bars:
        took[id(bar.call)] = took.get(id(bar.call), 0.0) + bar.end - bar.start
    rows = []
    for call in story.calls.values():
        seconds = max(0.0, call_end(story, call) - call.start)
        rows.append(
            {
                "call": f"{call.number}{f' (start {call.run + 1})' if len(story.starts) > 1 else ''}",
                "function": call.function,
                "tasks": f"{call.done + call.resumed:,}" + (f" of {call.tasks:,}" if call.tasks is not None else ""),
                "resumed": call.resumed,
                "began": duration(call.start - story.start),
                "seconds": duration(seconds),
                "work": duration(took.get(id(call), 0.0)),
                "speedup": f"{took[id(call)] / seconds:.1f}×" if seconds and id(call) in took else "–",
            }
        )
    return rows


def workers(timeline: Timeline) -> list[dict[str, t.Any]]:
    """Return the rows of the table of workers."""
    since = timeline.story.start
    rows = []
    for lane in timeline.lanes:
        spans = [f"{duration(start - since)} – {duration(end - since)}" for start, end in union(lane.worker.spans)]
        rows.append(
            {
                "name": lane.worker.name,
                "host": lane.worker.host,
                "hue": lane.hue,
                "there": ", ".join(spans) or "–",
                "tasks": f"{lane.tasks:,}",
                "busy": duration(lane.busy),
                "percent": round(100 * lane.utilisation),
                "lost": lane.worker.lost,
            }
        )
    return rows


def slowest(story: Story) -> list[dict[str, t.Any]]:
    """Return the rows of the table of slowest tasks; of tasks that travelled together, their mean."""

    def each(bar: Bar) -> float:
        return (bar.end - bar.start) / max(1, bar.count)

    return [
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


def failures(story: Story) -> list[dict[str, t.Any]]:
    """Return the rows of the table of failed tasks."""
    return [
        {
            "task": failure.task,
            "call": failure.call.number,
            "time": duration(failure.time - story.start),
            "message": clean(failure.message),
        }
        for failure in story.failures
    ]


def incidents(story: Story) -> list[dict[str, t.Any]]:
    """Return what happened besides work, in order; that all workers joined at the start is no incident."""
    first_bar = min((bar.start for bar in story.bars), default=story.end)
    late = first_bar + JOIN_PAUSE
    rows: list[dict[str, t.Any]] = []
    joins: list[Mark] = []

    def told(mark: Mark) -> dict[str, t.Any]:
        return {"time": duration(mark.time - story.start), "kind": mark.kind, "worker": mark.worker, "text": mark.text}

    for mark in sorted(story.marks, key=lambda mark: mark.time):
        if mark.kind != "join":
            joins = []
            rows.append(told(mark))
        elif mark.time > late:
            # All the workers of a new container, or of a new master, come at once.
            together = joins and mark.time - joins[-1].time <= JOIN_PAUSE
            joins = [*joins, mark] if together else [mark]
            if together:
                rows[-1].update(worker="", text=f"{len(joins)} workers joined")
            else:
                rows.append(told(mark))
    return rows
