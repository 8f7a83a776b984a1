"""How a job is seen: what its events add up to, and the words for that in bar, status and report.

An engine has a view. That of most is ``views.tasks.TasksView``, for workers that take tasks; one whose events tell of something else brings
its own, in its folder. Nothing here needs Ansible or a library: a report's page is drawn from what its view says by the controller.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.alparque.festival.plugins.module_utils.events.lanes import Lane
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Bar, Call, Mark, Story


class Words(t.NamedTuple):
    """What things are called in the report."""

    #: Who works, one and several, and what they are when they do.
    one: str
    many: str
    busy: str
    #: The bars of the timeline, and the bands above it.
    bars: str
    calls: str
    #: What the slices of time, and the percentages on the right, show.
    load: str
    share: str
    #: What it is that printed the log, and what that is.
    program: str
    output: str
    #: The legend: of being there without work (empty where nobody is), and of each kind of mark.
    idle: str
    marks: dict[str, str]


class Figure(t.NamedTuple):
    """One of the report's headline figures."""

    label: str
    value: str
    note: str = ""


class Incident(t.NamedTuple):
    """Something that happened: when, as a duration since the start, of which kind of mark, to whom, and what."""

    time: str
    kind: str
    worker: str
    text: str


class Cell(t.NamedTuple):
    """A cell with more than a text: a bad end, and a note on that."""

    text: str
    bad: str = ""
    note: str = ""


class Column(t.NamedTuple):
    """A column: the key of its cells, its head, and what they are: n (numbers), code, message, host or gauge (percent)."""

    key: str
    head: str
    kind: str = ""


@dataclass
class Section:
    """A part of the report with a table. A row may be ``marked`` to be looked at first."""

    id: str
    title: str
    columns: list[Column]
    rows: list[dict[str, t.Any]]
    #: Whether of many rows only the first are shown.
    limited: bool = False
    #: A section with a summary can be closed, and is where it has more rows than ``open_up_to``.
    summary: str = ""
    open_up_to: int = 0

    @property
    def open(self) -> bool:
        """Whether it is open when the page is."""
        return len(self.rows) <= self.open_up_to


class ReportView(t.Protocol):
    """The words of the report. All stories are detailed ones."""

    words: Words

    def facts(self, job: dict, story: Story) -> list[tuple[str, t.Any]]:
        """Return facts that only such jobs have, each a word and a value."""

    def figures(self, story: Story, lanes: list[Lane], elapsed: float) -> list[Figure]:
        """Return the headline figures of a job that took ``elapsed`` seconds."""

    def lede(self, story: Story, elapsed: float) -> str:
        """Say in a sentence or two how it went."""

    def incidents(self, story: Story) -> list[Incident]:
        """Return what happened, in order."""

    def sections(self, story: Story, lanes: list[Lane]) -> list[Section]:
        """Return the tables."""

    def no_timeline(self, story: Story) -> str:
        """Say why there is nothing to draw; empty where there is."""

    def note(self, story: Story, together: int) -> str:
        """Say what a bar is; where bars are too many, each is up to ``together`` of them, otherwise that is 0."""

    def bands(self, story: Story) -> list[tuple[Call, str]]:
        """Return the calls that have a band above the timeline, with what is written on it."""

    def sum_up(self, lane: Lane) -> None:
        """Fill in what the bars of a lane add up to."""

    def title(self, bars: list[Bar], failed: bool) -> str:
        """Say what neighbours that are drawn as one bar are."""

    def kinds(self, bars: list[Bar], odd: bool, failed: bool) -> list[str]:
        """Return how such a bar looks; ``odd`` tells those of every other call."""

    def ends(self, story: Story) -> dict[str, str]:
        """Return the legend of bars that did not end well, by kind."""

    def text(self, mark: Mark) -> str:
        """Say what a mark in the timeline is."""


class View(t.Protocol):
    """What an engine's jobs look like."""

    report: ReportView

    def story(self, detailed: bool = True) -> Story:
        """Return an empty story, into which events are read."""

    def told(self, story: Story, mark: Mark) -> str:
        """Say what a user should be told at once."""

    def standing(self, story: Story, now: float | None) -> t.Iterator[str]:
        """Yield how a job stands, for the bar; of one that has ended without a present moment."""

    def share(self, story: Story) -> float | None:
        """Return what is done of what is known to be there, from 0 to 1."""

    def status(self, story: Story) -> dict[str, t.Any]:
        """Return the figures that only such jobs have in ``job_info``."""
