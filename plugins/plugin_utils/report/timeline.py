"""The timeline of a job's report: where every bar and mark goes. Places are percentages of its width, heights are pixels."""

from __future__ import annotations

import bisect
import math
import typing as t
from dataclasses import dataclass, field

from ansible_collections.alparque.festival.plugins.module_utils.events.measures import (
    axis_step,
    clock,
    duration,
    length,
    natural,
    union,
)
from ansible_collections.alparque.festival.plugins.module_utils.events.story import (
    MPI,
    Bar,
    Mark,
    Story,
    Worker,
    call_end,
    tasks_text,
)
from ansible_collections.alparque.festival.plugins.plugin_utils.report.ranks import rank_title

#: Up to so many messages each is a bar of its own, however narrow.
EXACT_MESSAGES = 2000
#: More than so many bars make a page slow; neighbours are drawn as one then.
MOST_BARS = 12_000
#: Half a pixel of a timeline that is a thousand pixels wide, and the narrowest bar that can be seen, in percent.
HALF_PIXEL, NARROWEST = 0.05, 0.1
#: More calls than these are not told apart in the timeline.
MOST_CALLS = 200
HEADER, HUES, BINS = 26, 8, 200


@dataclass
class Drawn:
    """A bar as it is drawn: one message, or neighbours that are too narrow for a bar each."""

    x: float
    width: float
    title: str
    kinds: str


@dataclass
class Lane:
    """The row of one worker."""

    worker: Worker
    hue: int
    y: int = 0
    bars: list[Bar] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)
    busy: float = 0.0
    there: float = 0.0
    tasks: int = 0
    of_ranks: bool = False

    @property
    def label(self) -> str:
        """What the worker is called under its host's name."""
        return self.worker.label or self.worker.name

    @property
    def marked(self) -> bool:
        """The row of the first rank of a run that failed."""
        return any(bar.rank and bar.rank.first_to_fail for bar in self.bars)

    @property
    def utilisation(self) -> float:
        """The part of its time in which it computed; of a rank, its CPU time."""
        if not self.there:
            return 0.0
        # A rank may have threads, and with them more CPU time than a clock shows.
        return self.busy / self.there if self.of_ranks else min(1.0, self.busy / self.there)


@dataclass
class Timeline:
    """Everything that the template needs to draw."""

    story: Story
    lanes: list[Lane]
    height: int = 0
    lane_height: int = 18
    headers: list[dict] = field(default_factory=list)
    largest: int = 1

    def x(self, time: float) -> float:
        """Return where a moment is."""
        seconds = self.story.seconds
        return min(100.0, max(0.0, 100 * (time - self.story.start) / seconds)) if seconds else 0.0

    def width(self, start: float, end: float) -> float:
        """Return how wide a time is, at least so that it can be seen."""
        return max(NARROWEST, self.x(end) - self.x(start))

    def ticks(self) -> list[dict]:
        """Return the labels of the axis."""
        step = axis_step(self.story.seconds)
        count = int(self.story.seconds / step + 1e-9)
        return [{"x": self.x(self.story.start + step * i), "text": clock(step * i, step)} for i in range(count + 1)]

    def calls(self) -> list[dict]:
        """Return the band of each call or run, unless there are too many to tell apart; a run alone needs none."""
        calls, ranks = list(self.story.calls.values()), self.story.engine == MPI
        if ranks and len(calls) == 1:
            return []
        found = []
        for index, call in enumerate(calls if len(calls) <= MOST_CALLS else []):
            end = call_end(self.story, call)
            text = f"run {index + 1}" if ranks else f"call {call.number} · {call.function}"
            found.append(
                {"x": self.x(call.start), "width": self.width(call.start, end), "text": text, "odd": index % 2}
            )
        return found

    def marks(self) -> list[dict]:
        """Return the joins, losses, retries and restarts with their places; a retry is where the task was done again."""
        places = {lane.worker.name: lane.y for lane in self.lanes}
        again = [
            Mark(
                "retry", bar.start, bar.worker, f"took over {tasks_text(bar.first, bar.count)} (attempt {bar.attempt})"
            )
            for bar in self.story.bars
            if bar.attempt > 1
        ]
        told = [mark for mark in self.story.marks if mark.kind != "retry"]
        return [
            {
                "kind": mark.kind,
                "x": self.x(mark.time),
                "y": places.get(mark.worker, 0),
                "title": f"{duration(mark.time - self.story.start)}: {self._name(mark)} {mark.text}".replace(
                    ":  ", ": "
                ),
            }
            for mark in [*told, *again]
        ]

    def _name(self, mark: Mark) -> str:
        """Return what a mark's worker is called. Private."""
        worker = self.story.workers.get(mark.worker)
        return (worker.label if worker else "") or mark.worker

    def load(self) -> list[dict]:
        """Return, for as many slices of time, how many workers were there and how many of them computed."""
        there, busy = [0.0] * BINS, [0.0] * BINS
        for lane in self.lanes:
            self._fill(there, lane.worker.spans)
            self._fill(busy, union(lane.bars))
        return [{"x": 100 * i / BINS, "there": there[i], "busy": min(busy[i], there[i])} for i in range(BINS)]

    def _fill(self, bins: list[float], intervals: t.Iterable[t.Sequence[float]]) -> None:
        for start, end in intervals:
            left, right = self.x(start) * BINS / 100, self.x(end) * BINS / 100
            for index in range(int(left), min(BINS, int(math.ceil(right)))):
                bins[index] += max(0.0, min(right, index + 1) - max(left, index))


def _title(group: list[Bar], failed: bool) -> str:
    """Say what a bar is. Private."""
    first, last = group[0], group[-1]
    if first.rank:
        return rank_title(first.rank)
    if len(group) == 1:
        what = tasks_text(first.first, first.count)
    else:
        what = f"{sum(bar.count for bar in group)} tasks in {len(group)} messages, from task {first.first} on"
    attempt = max(bar.attempt for bar in group)
    return (
        f"{what}, call {first.call.number}: {duration(last.end - first.start)}, attempt {attempt}"
        f"{', failed' if failed else ''} · {first.worker}"
    )


def grouped(bars: list[Bar], grain: float) -> t.Iterator[list[Bar]]:
    """Yield the bars of a lane; those narrower than ``grain`` seconds together with their neighbours of the same call."""
    group: list[Bar] = []
    for bar in bars:
        fits = (
            group
            and bar.call is group[-1].call
            and bar.end - bar.start < grain
            and bar.start - group[-1].end < grain
            and bar.end - group[0].start < 2 * grain
        )
        if group and not fits:
            yield group
            group = []
        group.append(bar)
    if group:
        yield group


def failed_tasks(story: Story) -> dict[int, list[int]]:
    """Return the numbers of the failed tasks in order, by the identity of their call."""
    found: dict[int, list[int]] = {}
    for failure in story.failures:
        found.setdefault(id(failure.call), []).append(failure.task)
    return {call: sorted(tasks) for call, tasks in found.items()}


def has_failed(bar: Bar, failed: list[int]) -> bool:
    """Say whether a task of the message is among those that failed."""
    at = bisect.bisect_left(failed, bar.first)
    return at < len(failed) and failed[at] < bar.first + bar.count


def _draw(timeline: Timeline) -> None:
    """Make the bars of every lane. Private."""
    story = timeline.story
    percent = 0.0
    if len(story.bars) > EXACT_MESSAGES:
        percent = max(HALF_PIXEL, 100 * len(timeline.lanes) / MOST_BARS)
    grain = story.seconds * percent / 100
    failed = failed_tasks(story)
    order = {id(call): index for index, call in enumerate(story.calls.values())}
    for lane in timeline.lanes:
        for group in grouped(lane.bars, grain):
            wrong = any(has_failed(bar, failed.get(id(bar.call), [])) for bar in group)
            kinds = ["bar", f"h{lane.hue}"]
            kinds += ["odd"] if order[id(group[0].call)] % 2 and not group[0].rank else []
            kinds += ["again"] if any(bar.attempt > 1 for bar in group) else []
            kinds += ["failed"] if wrong else []
            kinds += ["unended"] if any(bar.rank and bar.rank.unended for bar in group) else []
            kinds += ["after"] if any(bar.rank and bar.rank.failed_after for bar in group) else []
            start, end = group[0].start, group[-1].end
            lane.drawn.append(
                Drawn(timeline.x(start), timeline.width(start, end), _title(group, wrong), " ".join(kinds))
            )
            timeline.largest = max(timeline.largest, len(group))


def _place(timeline: Timeline, hosts: dict[str, list[Lane]]) -> None:
    """Put the lanes below each other, with a header for every host. Private."""
    count = len(timeline.lanes)
    timeline.lane_height = 20 if count <= 24 else 14 if count <= 96 else 8
    y = 0
    for host, lanes in hosts.items():
        there, busy = sum(lane.there for lane in lanes), sum(lane.busy for lane in lanes)
        timeline.headers.append(
            {"host": host, "hue": lanes[0].hue, "y": y, "lanes": lanes, "utilisation": busy / there if there else 0.0}
        )
        y += HEADER
        for lane in lanes:
            lane.y = y
            y += timeline.lane_height
    timeline.height = y


def _weigh(lane: Lane) -> None:
    """Find out how long a worker was there, and how much of that it computed. Private."""
    lane.of_ranks = any(bar.rank for bar in lane.bars)
    if lane.of_ranks:
        known = [bar.rank for bar in lane.bars if bar.rank and bar.rank.cpu is not None]
        lane.busy, lane.there = sum(rank.cpu for rank in known), sum(rank.seconds for rank in known)
    else:
        lane.busy, lane.there = length(lane.bars), length(lane.worker.spans)


def make_timeline(story: Story) -> Timeline:
    """Lay out the timeline of a story."""
    workers = sorted(story.workers.values(), key=lambda worker: (natural(worker.host), natural(worker.name)))
    hues = {host: index % HUES for index, host in enumerate(dict.fromkeys(worker.host for worker in workers))}
    lanes = {worker.name: Lane(worker, hues[worker.host]) for worker in workers}
    for bar in sorted(story.bars, key=lambda bar: (bar.start, bar.end)):
        lanes[bar.worker].bars.append(bar)
    hosts: dict[str, list[Lane]] = {}
    for lane in lanes.values():
        _weigh(lane)
        lane.tasks = sum(bar.count for bar in lane.bars)
        hosts.setdefault(lane.worker.host, []).append(lane)
    timeline = Timeline(story, list(lanes.values()))
    _place(timeline, hosts)
    _draw(timeline)
    return timeline
