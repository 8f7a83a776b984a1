"""The view of jobs whose workers take tasks: what bar and status say of them. Any engine has it that has none of its own."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.engines.views.said import part, said
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks_report import TasksReport
from ansible_collections.alparque.festival.plugins.module_utils.events.story import UNKNOWN_HOST, Mark, Story
from ansible_collections.alparque.festival.plugins.module_utils.events.tasks import TaskStory
from ansible_collections.alparque.festival.plugins.module_utils.events.words import clock, counted, plural


class TasksView:
    """Workers and tasks. ``unseen`` is what the report says where nobody sees the tasks."""

    def __init__(self, unseen: str = "") -> None:
        self.report = TasksReport(unseen)

    def story(self, detailed: bool = True) -> TaskStory:
        """Return an empty story of workers and tasks."""
        return TaskStory(detailed)

    def told(self, story: Story, mark: Mark) -> str:
        """Say what a user should be told at once."""
        who = f"worker {mark.worker} on {'an ' if mark.host == UNKNOWN_HOST else ''}{mark.host}"
        if mark.kind == "restart":
            return "the script starts again"
        if mark.kind == "join":
            return f"{who} joined"
        if mark.kind == "lost":
            handed = f"; {counted(mark.count, 'task')} handed to others" if mark.count else ""
            return f"{who} was lost ({mark.cause or 'closed'}){handed}"
        if mark.kind == "failed":
            return f"task {mark.first} failed: {mark.cause}"
        return f"{counted(mark.count, 'result')} taken from the checkpoint"

    def standing(self, story: Story, now: float | None) -> t.Iterator[str]:
        """Yield how the present call stands, and the workers."""
        call = story.call
        done = call.done + call.resumed if call else 0
        if call and call.tasks is not None:
            yield f"{done:,} of {counted(call.tasks, 'task')}"
        elif done:
            yield counted(done, "task")
        yield from said(story)
        speed = story.pace.rate(now) if now else None
        if speed:
            yield f"{speed:.3g}/s" if speed < 1000 else f"{speed:,.0f}/s"
        yield from _workers(story)
        if speed and call and call.tasks is not None:
            yield f"{clock(max(0.0, (call.tasks - done) / speed))} left"
        yield from filter(None, (call.function if call else "", story.message))

    def share(self, story: Story) -> float | None:
        """Return what is done of the present call, or of what the script says itself."""
        call = story.call
        return part(call.done + call.resumed, call.tasks) if call and call.tasks is not None else part(*story.said)

    def status(self, story: Story) -> dict[str, t.Any]:
        """Return nothing: workers and tasks are what every job is described by."""
        return {}


def _workers(story: Story) -> t.Iterator[str]:
    """Yield how many workers there are, and how many were lost. Private."""
    there = len(story.present)
    if there or story.losses:
        of = f" of {story.expected}" if story.expected > there else ""
        yield f"{there}{of} {'worker' if there == 1 and not of else plural('worker')}"
    if story.losses:
        yield f"{story.losses} lost"
