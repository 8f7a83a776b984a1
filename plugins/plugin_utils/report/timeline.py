"""The timeline of a job's report: where every bar and mark goes. Places are percentages of its width, heights are pixels."""

from __future__ import annotations

import bisect
import math
import typing as t
from dataclasses import dataclass, field

from ansible_collections.alparque.festival.plugins.module_utils.engines.view import ReportView
from ansible_collections.alparque.festival.plugins.module_utils.events.lanes import Lane, lanes_of
from ansible_collections.alparque.festival.plugins.module_utils.events.spans import union
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Bar, Mark, Story, call_end
from ansible_collections.alparque.festival.plugins.module_utils.events.words import duration, tasks_text
from ansible_collections.alparque.festival.plugins.plugin_utils.report.axis import axis_label, axis_step

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
class Row:
    """The row of one worker."""

    lane: Lane
    hue: int
    y: int = 0
    drawn: list[Drawn] = field(default_factory=list)


@dataclass
class Timeline:
    """Everything that the template needs to draw."""

    story: Story
    view: ReportView
    rows: list[Row]
    #: The colour of each host.
    hues: dict[str, int]
    height: int = 0
    row_height: int = 18
    headers: list[dict] = field(default_factory=list)
    largest: int = 1

    @property
    def lanes(self) -> list[Lane]:
        """What each worker did."""
        return [row.lane for row in self.rows]

    @property
    def together(self) -> int:
        """Of how many messages a bar may be; 0 where each is its own."""
        return self.largest if len(self.story.bars) > EXACT_MESSAGES else 0

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
        return [
            {"x": self.x(self.story.start + step * i), "text": axis_label(step * i, step)} for i in range(count + 1)
        ]

    def bands(self) -> list[dict]:
        """Return the band of each call; none where there are too many to tell apart."""
        bands = self.view.bands(self.story)
        found = []
        for index, (call, text) in enumerate(bands if len(bands) <= MOST_CALLS else []):
            end = call_end(self.story, call)
            found.append(
                {"x": self.x(call.start), "width": self.width(call.start, end), "text": text, "odd": index % 2}
            )
        return found

    def untold(self) -> int:
        """Return how many calls are too many to be told apart."""
        many = len(self.view.bands(self.story))
        return many if many > MOST_CALLS else 0

    def marks(self) -> list[dict]:
        """Return the joins, losses, retries and restarts with their places; a retry is where the task was done again."""
        places = {row.lane.worker.name: row.y for row in self.rows}
        again = [
            (
                Mark("retry", bar.start, bar.worker),
                f"took over {tasks_text(bar.first, bar.count)} (attempt {bar.attempt})",
            )
            for bar in self.story.bars
            if bar.attempt > 1
        ]
        told = [(mark, self.view.text(mark)) for mark in self.story.marks if mark.kind != "retry"]
        return [
            {
                "kind": mark.kind,
                "x": self.x(mark.time),
                "y": places.get(mark.worker, 0),
                "title": f"{duration(mark.time - self.story.start)}: {self._name(mark)} {text}".replace(":  ", ": "),
            }
            for mark, text in [*told, *again]
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

    def _fill(self, bins: list[float], intervals: t.Iterable[t.Sequence]) -> None:
        for start, end in intervals:
            left, right = self.x(start) * BINS / 100, self.x(end) * BINS / 100
            for index in range(int(left), min(BINS, int(math.ceil(right)))):
                bins[index] += max(0.0, min(right, index + 1) - max(left, index))


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
    for mark in story.failures:
        found.setdefault(id(mark.call), []).append(mark.first)
    return {call: sorted(tasks) for call, tasks in found.items()}


def has_failed(bar: Bar, failed: list[int]) -> bool:
    """Say whether a task of the message is among those that failed."""
    at = bisect.bisect_left(failed, bar.first)
    return at < len(failed) and failed[at] < bar.first + bar.count


def _draw(timeline: Timeline) -> None:
    """Make the bars of every row. Private."""
    story = timeline.story
    percent = 0.0
    if len(story.bars) > EXACT_MESSAGES:
        percent = max(HALF_PIXEL, 100 * len(timeline.rows) / MOST_BARS)
    grain = story.seconds * percent / 100
    failed = failed_tasks(story)
    order = {id(call): index for index, call in enumerate(story.calls.values())}
    for row in timeline.rows:
        for group in grouped(row.lane.bars, grain):
            wrong = any(has_failed(bar, failed.get(id(bar.call), [])) for bar in group)
            kinds = timeline.view.kinds(group, bool(order[id(group[0].call)] % 2), wrong)
            start, end = group[0].start, group[-1].end
            title = timeline.view.title(group, wrong)
            looks = " ".join(["bar", f"h{row.hue}", *kinds])
            row.drawn.append(Drawn(timeline.x(start), timeline.width(start, end), title, looks))
            timeline.largest = max(timeline.largest, len(group))


def _place(timeline: Timeline) -> None:
    """Put the rows below each other, with a header for every host. Private."""
    count = len(timeline.rows)
    timeline.row_height = 20 if count <= 24 else 14 if count <= 96 else 8
    hosts: dict[str, list[Row]] = {}
    for row in timeline.rows:
        hosts.setdefault(row.lane.worker.host, []).append(row)
    y = 0
    for host, rows in hosts.items():
        there, busy = sum(row.lane.there for row in rows), sum(row.lane.busy for row in rows)
        share = busy / there if there else None
        timeline.headers.append({"host": host, "hue": rows[0].hue, "y": y, "rows": rows, "utilisation": share})
        y += HEADER
        for row in rows:
            row.y = y
            y += timeline.row_height
    timeline.height = y


def make_timeline(story: Story, view: ReportView) -> Timeline:
    """Lay out the timeline of a detailed story."""
    lanes = lanes_of(story, view.sum_up)
    hues = {host: index % HUES for index, host in enumerate(dict.fromkeys(lane.worker.host for lane in lanes))}
    timeline = Timeline(story, view, [Row(lane, hues[lane.worker.host]) for lane in lanes], hues)
    _place(timeline)
    _draw(timeline)
    return timeline
