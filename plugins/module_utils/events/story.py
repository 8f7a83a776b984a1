"""The story of a job, as its report and its status tell it: masters, calls, workers, messages, and what went wrong."""

from __future__ import annotations

import math
import typing as t
from collections import Counter
from dataclasses import dataclass, field

#: The engine of an MPI job, and the cause of a rank's end that had none of its own.
MPI, STOPPED = "mpi", "stopped"


class Bar(t.NamedTuple):
    """A message of tasks that a worker completed; or what a rank of an MPI job did, however that ended."""

    start: float
    end: float
    worker: str
    call: Call
    first: int
    count: int
    attempt: int
    rank: Rank | None = None


class Mark(t.NamedTuple):
    """Something to be pointed out: kind is join, lost, retry, restart or, of an MPI job, run."""

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
    #: What it is called where its host is said beside it.
    label: str = ""
    host: str = "unknown host"
    spans: list[list[float]] = field(default_factory=list)
    lost: bool = False
    present: bool = False
    #: Present still when the events end.
    alive: bool = False


@dataclass(eq=False)
class Rank:
    """A rank of an MPI job in one run of it. CPU time and memory are known of those that could say how they ended."""

    call: Call
    run: int
    #: Where it is among the story's workers: a rank that another host has in a later run is a worker of its own there.
    worker: str
    name: str
    number: int
    host: str
    container: str
    start: float
    end: float | None = None
    #: None until it has ended, and empty where it ended well.
    cause: str | None = None
    cpu: float | None = None
    memory: float | None = None
    #: The first of its run that failed: what the others say after it is mostly that they miss it.
    first_to_fail: bool = False

    @property
    def failed(self) -> bool:
        """It ended badly, and was not merely stopped because another one had."""
        return bool(self.cause) and self.cause != STOPPED

    @property
    def failed_after(self) -> bool:
        """It failed, but not as the first of its run."""
        return self.failed and not self.first_to_fail

    @property
    def unended(self) -> bool:
        """It had not done its work when it was stopped, or when nobody was left to say how it ended."""
        return self.cause is None or self.cause == STOPPED

    @property
    def seconds(self) -> float:
        """From its start to its end."""
        return max(0.0, (self.end or self.start) - self.start)


@dataclass
class Story:
    """All of it. Times are seconds since the epoch."""

    start: float = math.inf
    end: float = -math.inf
    starts: list[float] = field(default_factory=list)
    ended: bool = False
    r: str = ""
    engine: str = ""
    calls: dict[tuple[int, int], Call] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    ranks: list[Rank] = field(default_factory=list)
    peak: int = 0

    @property
    def seconds(self) -> float:
        """From the first event to the last."""
        return max(0.0, self.end - self.start)

    def last_run(self) -> list[Rank]:
        """Return the ranks of the last run that had any."""
        return [rank for rank in self.ranks if rank.run == self.ranks[-1].run]

    def ranks_per_host(self) -> dict[str, int]:
        """Return how many ranks of the last run each host has."""
        return dict(sorted(Counter(rank.host for rank in self.last_run()).items()))

    def cpu_seconds(self) -> float | None:
        """Return the CPU time of all ranks of which it is known, or None where there is none."""
        known = [rank.cpu for rank in self.ranks if rank.cpu is not None]
        return sum(known) if known else None

    @property
    def losses(self) -> int:
        """How many workers were lost; of ranks, those that went with their container."""
        if self.engine != MPI:
            return self.count("lost")
        return sum(rank.failed and not (rank.cause or "").startswith(("signal ", "exit code ")) for rank in self.ranks)

    def count(self, kind: str) -> int:
        """Return how many marks there are of a kind."""
        return sum(mark.kind == kind for mark in self.marks)

    def progress(self) -> tuple[int, int | None]:
        """Return how many tasks are done, and of how many; None where a call did not say."""
        if self.engine == MPI:
            # Each run begins anew.
            run = next(reversed(self.calls.values()), None)
            return (run.done, run.tasks) if run else (0, None)
        # Of a call that a restarted master made again only the last turn counts: it took up what was done before.
        last = {call.number: call for call in self.calls.values()}.values()
        done = sum(call.done + call.resumed for call in last)
        known = [call.tasks for call in last if call.tasks is not None]
        return done, sum(known) if last and len(known) == len(last) else None


def call_end(story: Story, call: Call) -> float:
    """Return when a call ended, at the latest when the next one began or the next master was started."""
    after = story.calls.get((call.run, call.number + 1))
    ends = [call.end if call.end is not None else story.end, *story.starts[call.run + 1 : call.run + 2]]
    return min([*ends, after.start] if after else ends)


def tasks_text(first: int, count: int) -> str:
    """Name tasks as a reader counts them."""
    return f"task {first}" if count == 1 else f"tasks {first}–{first + count - 1}"


def ending(cause: str, host: str = "") -> str:
    """Say how a rank came to a bad end."""
    kind, _, number = cause.rpartition(" ")
    if cause == STOPPED:
        words = "was stopped because another had failed"
    elif kind == "signal":
        words = f"ended by signal {number}"
    elif kind == "exit code":
        words = f"ended with exit code {number}"
    else:
        words = f"was lost with its container ({cause or 'no cause told'})"
    return f"on {host} {words}" if host else words


def rank_end(rank: Rank) -> str:
    """Say how a rank ended, well or badly."""
    if rank.cause is None:
        return "its end was not told"
    return ending(rank.cause) if rank.cause else "ended well"
