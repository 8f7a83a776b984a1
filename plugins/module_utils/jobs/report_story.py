"""The story of a job, as its report and its status tell it: masters, calls, workers, messages, and what went wrong."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass, field


class Bar(t.NamedTuple):
    """A message of tasks that a worker completed."""

    start: float
    end: float
    worker: str
    call: Call
    first: int
    count: int
    attempt: int


class Mark(t.NamedTuple):
    """Something to be pointed out: kind is join, lost, retry or restart."""

    kind: str
    time: float
    worker: str
    text: str


class Failure(t.NamedTuple):
    """A task that gave an error."""

    time: float
    call: Call
    task: int
    message: str


@dataclass(eq=False)
class Call:
    """A call of the script to its workers. A master that is started again counts its calls anew."""

    run: int
    number: int
    function: str = "?"
    tasks: int | None = None
    start: float = 0.0
    end: float | None = None
    done: int = 0
    resumed: int = 0


@dataclass(eq=False)
class Worker:
    """A worker: where it is, and from when to when it was there."""

    name: str
    host: str = "unknown host"
    spans: list[list[float]] = field(default_factory=list)
    lost: bool = False
    present: bool = False
    #: Present still when the events end.
    alive: bool = False


@dataclass
class Story:
    """All of it. Times are seconds since the epoch."""

    start: float = math.inf
    end: float = -math.inf
    starts: list[float] = field(default_factory=list)
    ended: bool = False
    r: str = ""
    calls: dict[tuple[int, int], Call] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    peak: int = 0

    @property
    def seconds(self) -> float:
        """From the first event to the last."""
        return max(0.0, self.end - self.start)

    def count(self, kind: str) -> int:
        """Return how many marks there are of a kind."""
        return sum(mark.kind == kind for mark in self.marks)

    def progress(self) -> tuple[int, int | None]:
        """Return how many tasks are done, and of how many; None where a call did not say."""
        # Of a call that a restarted master made again only the last turn counts: it took up what was done before.
        last = {call.number: call for call in self.calls.values()}.values()
        done = sum(call.done + call.resumed for call in last)
        known = [call.tasks for call in last if call.tasks is not None]
        return done, sum(known) if last and len(known) == len(last) else None


def tasks_text(first: int, count: int) -> str:
    """Name tasks as a reader counts them."""
    return f"task {first}" if count == 1 else f"tasks {first}–{first + count - 1}"
