"""The words of the report of a job whose workers take tasks."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.engines.view import Figure, Incident, Section, Words
from ansible_collections.alparque.festival.plugins.module_utils.engines.views import tasks_tables as tables
from ansible_collections.alparque.festival.plugins.module_utils.events.lanes import Lane
from ansible_collections.alparque.festival.plugins.module_utils.events.spans import length
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Bar, Call, Mark, Story
from ansible_collections.alparque.festival.plugins.module_utils.events.words import (
    counted,
    duration,
    tasks_text,
    times,
)

#: Seconds between two workers of which we say that they joined together.
JOIN_PAUSE = 1.0


class TasksReport:
    """Workers, and the messages of tasks that they did."""

    words = Words(
        one="worker",
        many="workers",
        busy="busy",
        bars="messages",
        calls="calls",
        load="Workers that were there, and workers that computed, over time",
        share="Utilisation",
        program="R",
        output="R's output",
        idle="there, but idle",
        marks={"join": "joined", "lost": "lost", "retry": "took over", "restart": "master started again"},
    )

    def __init__(self, unseen: str = "") -> None:
        self.unseen = unseen

    def facts(self, job: dict, story: Story) -> list[tuple[str, t.Any]]:
        """Return no facts but those of every job."""
        return []

    def figures(self, story: Story, lanes: list[Lane], elapsed: float) -> list[Figure]:
        """Return the headline figures."""
        found = [Figure("elapsed", duration(elapsed))]
        if story.calls:
            done, total = story.progress()
            found.append(
                Figure("tasks done", f"{done:,}", f"of {total:,}" if total is not None and total != done else "")
            )
        if story.workers:
            found.append(Figure("workers at most", str(story.peak), f"on {_hosts(story)}"))
        if story.bars:
            took, there = _task_seconds(story), sum(lane.there for lane in lanes)
            busy = sum(lane.busy for lane in lanes) / there if there else 0.0
            speed_up = took / elapsed if elapsed else 0.0
            found.append(Figure("speed-up", f"{speed_up:.1f}×", f"{duration(took)} of tasks"))
            found.append(Figure("utilisation", f"{busy:.0%}", "of the workers' time"))
        if story.workers:
            found.append(Figure("workers lost", str(story.losses), counted(story.count("retry"), "retry")))
        return found

    def lede(self, story: Story, elapsed: float) -> str:
        """Say in a sentence or two how it went."""
        if not story.bars:
            return ""
        done, lost, restarts, failed = story.progress()[0], story.losses, story.count("restart"), story.count("failed")
        words = [
            f"{counted(done, 'task')} on {counted(story.peak, 'worker')}, on {_hosts(story)} in {duration(elapsed)}. "
            f"One after the other they would have taken {duration(_task_seconds(story))}."
        ]
        if lost:
            were = "was" if lost == 1 else "were"
            words.append(f"{counted(lost, 'worker')} {were} lost; what they held was done by others.")
        if restarts:
            words.append(f"The master was started again {times(restarts)}.")
        if failed:
            words.append(f"{counted(failed, 'task')} failed.")
        return " ".join(words)

    def incidents(self, story: Story) -> list[Incident]:
        """Return what happened besides work, in order; that all workers joined at the start is no incident."""
        late = min((bar.start for bar in story.bars), default=story.end) + JOIN_PAUSE
        found: list[Incident] = []
        joins: list[Mark] = []
        for mark in sorted(story.marks, key=lambda mark: mark.time):
            told = Incident(duration(mark.time - story.start), mark.kind, mark.worker, self.text(mark))
            if mark.kind != "join":
                joins = []
                found.append(told)
            elif mark.time > late:
                # All the workers of a new container, or of a new master, come at once.
                together = joins and mark.time - joins[-1].time <= JOIN_PAUSE
                joins = [*joins, mark] if together else [mark]
                if together:
                    found[-1] = found[-1]._replace(worker="", text=f"{len(joins)} workers joined")
                else:
                    found.append(told)
        return found

    def sections(self, story: Story, lanes: list[Lane]) -> list[Section]:
        """Return the tables: what failed, what was slow, the calls and the workers."""
        return [tables.failures(story), tables.slowest(story), tables.calls(story), tables.workers(story, lanes)]

    def no_timeline(self, story: Story) -> str:
        """Say why there is nothing to draw; empty where there is."""
        if story.bars:
            return ""
        if self.unseen:
            return self.unseen
        if not story.starts and not story.workers:
            return "The job ended before it told anything: the log says why."
        return "The script gave its workers no task that was completed."

    def note(self, story: Story, together: int) -> str:
        """Say what a bar is."""
        if together:
            many = f"{len(story.bars):,} messages"
            return f"{many}; where they are too narrow to tell apart, each bar is up to {together} of them."
        if not story.bars:
            return ""
        return (
            "Each bar is one message to a worker with its tasks. "
            "Rest the pointer on it to read which, and how long they took."
        )

    def bands(self, story: Story) -> list[tuple[Call, str]]:
        """Return all calls with their functions."""
        return [(call, f"call {call.number} · {call.function or '?'}") for call in story.calls.values()]

    def sum_up(self, lane: Lane) -> None:
        """Fill in how long a worker was there, and how much of that it computed."""
        lane.busy, lane.there = length(lane.bars), length(lane.worker.spans)
        lane.utilisation = min(1.0, lane.busy / lane.there) if lane.there else 0.0

    def title(self, bars: list[Bar], failed: bool) -> str:
        """Say which tasks, how long they took, and who did them."""
        first, last = bars[0], bars[-1]
        what = tasks_text(first.first, first.count)
        if len(bars) > 1:
            many = sum(bar.count for bar in bars)
            what = f"{many} tasks in {len(bars)} messages, from task {first.first} on"
        attempt = max(bar.attempt for bar in bars)
        return (
            f"{what}, call {first.call.number}: {duration(last.end - first.start)}, attempt {attempt}"
            f"{', failed' if failed else ''} · {first.worker}"
        )

    def kinds(self, bars: list[Bar], odd: bool, failed: bool) -> list[str]:
        """Return how a bar looks: those of every other call, what was done again, and what failed."""
        again = any(bar.attempt > 1 for bar in bars)
        return [kind for kind, holds in (("odd", odd), ("again", again), ("failed", failed)) if holds]

    def ends(self, story: Story) -> dict[str, str]:
        """Return the legend of failed tasks, where there are any."""
        return {"failed": "a task failed"} if story.failures else {}

    def text(self, mark: Mark) -> str:
        """Say what a mark in the timeline is."""
        if mark.kind == "join":
            return f"joined from {mark.host}"
        if mark.kind == "lost":
            held = "its task went to another" if mark.count == 1 else "it held no task"
            held = f"its {mark.count} tasks went to others" if mark.count > 1 else held
            return f"was lost ({mark.cause or 'no cause told'}); {held}"
        if mark.kind == "retry":
            of = f"{tasks_text(mark.first, mark.count)} of call {mark.call.number if mark.call else '?'}"
            return f"{of}, which it had, went to another (attempt {mark.attempt})"
        return "the master was started again"


def _hosts(story: Story) -> str:
    return counted(len({worker.host for worker in story.workers.values()}), "host")


def _task_seconds(story: Story) -> float:
    """Return what all tasks took, as if one after the other. Private."""
    return sum(bar.end - bar.start for bar in story.bars)
