"""The story of a job: masters, calls, workers, messages, and what went wrong. Bar, status and report are views of it."""

from __future__ import annotations

import math
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from ansible_collections.alparque.festival.plugins.module_utils.events.pace import Pace
from ansible_collections.alparque.festival.plugins.module_utils.events.values import integer, number, word

UNKNOWN_HOST = "unknown host"

#: More workers than these are none: a script may write what it likes.
MOST_WORKERS = 100_000
#: Calls that are remembered one by one where not all of them are.
MOST_CALLS = 10_000
#: Characters of what a script says of its progress.
MESSAGE = 500


class Bar(t.NamedTuple):
    """A message of tasks that a worker completed, or whatever else an engine has a worker do from a start to an end."""

    start: float
    end: float
    worker: str
    call: Call
    first: int
    count: int
    attempt: int
    #: What only the engine's own view understands.
    detail: t.Any = None


class Mark(t.NamedTuple):
    """Something to be pointed out. Its kind is join, lost, retry, restart, resumed or failed, or one of an engine's own."""

    kind: str
    time: float
    worker: str = ""
    host: str = ""
    #: Why a worker was lost, or what a task that failed said.
    cause: str = ""
    call: Call | None = None
    #: The first task that it is about, how many, and which attempt it is.
    first: int = 0
    count: int = 0
    attempt: int = 1


class Call:
    """A call of the script to its workers. A master that is started again counts its calls anew."""

    # A script may make very many.
    __slots__ = ("done", "end", "function", "number", "resumed", "run", "start", "tasks")

    def __init__(self, run: int, number: int, start: float) -> None:
        self.run, self.number, self.start = run, number, start
        self.function = ""
        self.tasks: int | None = None
        self.end: float | None = None
        #: Tasks that were done, and those that were there already.
        self.done = self.resumed = 0


@dataclass(eq=False)
class Worker:
    """A worker: where it is, and from when to when it was there."""

    name: str
    #: What it is called where its host is said beside it.
    label: str = ""
    host: str = UNKNOWN_HOST
    spans: list[list[float]] = field(default_factory=list)
    lost: bool = False


class Story:
    """What the events tell, taken together, for any engine. Times are seconds since the epoch.

    An engine's story has a method ``on_<event>(event, time)`` for each event that it understands; what is no event of it raises one
    of ``values.NO_EVENT``, best before anything was changed. A ``detailed`` story keeps every message and every incident, as the report
    wants them; the memory of another does not grow with the job.
    """

    def __init__(self, detailed: bool = True) -> None:
        self.detailed = detailed
        self.start, self.end = math.inf, -math.inf
        #: When each master started; of a story without details the latest.
        self.starts: list[float] = []
        self.masters = 0
        self.expected = 0
        self.ended = False
        self.r = ""
        self.calls: dict[tuple[int, int], Call] = {}
        #: The call that began last, and how fast it gets on.
        self.call: Call | None = None
        self.pace = Pace()
        self.workers: dict[str, Worker] = {}
        #: The workers that are there by now.
        self.present: dict[str, Worker] = {}
        self.peak = 0
        self.bars: list[Bar] = []
        self.marks: list[Mark] = []
        self.failures: list[Mark] = []
        #: What a user should be told at once, since somebody asked last.
        self.news: list[Mark] = []
        #: What the script said itself: done, of how many, and in words.
        self.said: tuple[float | None, float | None] = (None, None)
        self.message = ""
        self._counts: Counter[str] = Counter()
        #: Tasks of calls that are not remembered one by one.
        self._done, self._total = 0, 0

    @property
    def seconds(self) -> float:
        """From the first event to the last."""
        return max(0.0, self.end - self.start)

    @property
    def losses(self) -> int:
        """How many workers were lost."""
        return self.count("lost")

    def count(self, kind: str) -> int:
        """Return how many marks of a kind there were."""
        return self._counts[kind]

    def progress(self) -> tuple[int, int | None]:
        """Return how many tasks are done, and of how many; None where a call did not say."""
        # Of a call that a restarted master made again only the last turn counts: it took up what was done before.
        last = {call.number: call for call in self.calls.values()}.values()
        done = self._done + sum(call.done + call.resumed for call in last)
        known = [call.tasks for call in last if call.tasks is not None]
        return done, self._total + sum(known) if last and len(known) == len(last) else None

    def take(self, event: dict) -> None:
        """Take in one event; one of ``values.NO_EVENT`` is raised for what is none."""
        time = number(event["time"])
        take = getattr(self, f"on_{event['event']}", None)
        if take:
            take(event, time)
        self.see(time, time)

    def see(self, first: float, last: float) -> None:
        """Note that something was from one moment to another."""
        if first < self.start:
            self.start = first
        if last > self.end:
            self.end = last

    def note(self, mark: Mark, news: bool = False) -> None:
        """Note a mark, and whether a user should be told at once."""
        self._counts[mark.kind] += 1
        if self.detailed:
            (self.failures if mark.kind == "failed" else self.marks).append(mark)
        if news:
            self.news.append(mark)

    def worker(self, name: str) -> Worker:
        """Return a worker, which may be new."""
        if name not in self.workers:
            if len(self.workers) >= MOST_WORKERS:
                raise ValueError("more workers than there can be")
            self.workers[name] = Worker(name)
        return self.workers[name]

    def call_of(self, number: t.Any, time: float) -> Call:
        """Return a call of the present master, which may be new."""
        if self.call and self.call.number == number and self.call.run == self.masters - 1:
            return self.call
        key = (max(0, self.masters - 1), integer(number))
        if key not in self.calls:
            if not self.detailed and len(self.calls) >= MOST_CALLS:
                self._sum_up(self.calls.pop(next(iter(self.calls))))
            self.calls[key] = Call(*key, start=time)
        return self.calls[key]

    def _sum_up(self, call: Call) -> None:
        self._done += call.done + call.resumed
        self._total += call.tasks or 0

    def come(self, worker: Worker, time: float) -> None:
        """Let a worker be there from now on."""
        self.leave(worker, time)
        if not self.detailed:
            worker.spans.clear()
        worker.spans.append([time, math.inf])
        worker.lost = False
        self.present[worker.name] = worker
        self.peak = max(self.peak, len(self.present))

    def leave(self, worker: Worker, time: float) -> None:
        """Let a worker be gone, if it was there."""
        if self.present.pop(worker.name, None):
            worker.spans[-1][1] = max(time, worker.spans[-1][0])

    def part(self, time: float) -> None:
        """Let everybody leave of whom nobody was left to say when."""
        for worker in list(self.present.values()):
            self.leave(worker, time)

    def on_start(self, event: dict, time: float) -> None:
        """A master starts; the workers of an earlier one end with it."""
        expected = integer(event.get("expected") or 0)
        if self.masters:
            self.part(self.end)
            self.note(Mark("restart", time), news=True)
        if not self.detailed:
            self.starts.clear()
            # It makes its calls again.
            self._done = self._total = 0
        self.starts.append(time)
        self.masters += 1
        self.expected = expected
        self.r = word(event.get("r") or self.r)
        self.ended = False

    def on_call(self, event: dict, time: float) -> None:
        """A call begins."""
        tasks = None if event.get("tasks") is None else integer(event["tasks"])
        call = self.call_of(event["call"], time)
        call.function, call.tasks = word(event.get("function") or ""), tasks
        self.call = call
        self.pace.begin(time, 0)

    def on_done(self, event: dict, time: float) -> None:
        """A call has ended."""
        self.call_of(event["call"], time).end = time

    def on_progress(self, event: dict, time: float) -> None:
        """The script says how far it is."""
        done, total = (None if event.get(key) is None else number(event[key]) for key in ("done", "total"))
        self.said = (done, total)
        self.message = " ".join(str(event.get("message") or "").split())[:MESSAGE]

    def on_end(self, event: dict, time: float) -> None:
        """The script has ended without an error."""
        self.ended = True

    def close(self) -> Story:
        """Return the story, with a last moment for whoever was there until the end: ``present`` still says who."""
        if not math.isfinite(self.start):
            self.start = self.end = 0.0
        present = dict(self.present)
        self.part(self.end)
        self.present = present
        return self


def call_end(story: Story, call: Call) -> float:
    """Return when a call ended, at the latest when the next one began or the next master was started."""
    after = story.calls.get((call.run, call.number + 1))
    ends = [call.end if call.end is not None else story.end, *story.starts[call.run + 1 : call.run + 2]]
    return min([*ends, after.start] if after else ends)
