"""What each worker did, beside what the others did: the rows of a timeline."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.alparque.festival.plugins.module_utils.events.story import Bar, Story, Worker
from ansible_collections.alparque.festival.plugins.module_utils.events.words import natural


@dataclass
class Lane:
    """A worker with what it did, in order. The engine's view knows what that adds up to."""

    worker: Worker
    bars: list[Bar] = field(default_factory=list)
    #: Seconds in which it computed, and of which it could have.
    busy: float = 0.0
    there: float = 0.0
    tasks: int = 0
    #: The part of its time in which it computed.
    utilisation: float = 0.0
    #: Something in it is to be looked at first.
    marked: bool = False

    @property
    def label(self) -> str:
        """What the worker is called under its host's name."""
        return self.worker.label or self.worker.name


def lanes_of(story: Story, sum_up: t.Callable[[Lane], None]) -> list[Lane]:
    """Return the lanes of a detailed story, by host; ``sum_up`` fills in what each adds up to."""
    workers = sorted(story.workers.values(), key=lambda worker: (natural(worker.host), natural(worker.name)))
    lanes = {worker.name: Lane(worker) for worker in workers}
    for bar in sorted(story.bars, key=lambda bar: (bar.start, bar.end)):
        lanes[bar.worker].bars.append(bar)
    for lane in lanes.values():
        sum_up(lane)
        lane.tasks = sum(bar.count for bar in lane.bars)
    return list(lanes.values())
