"""A job as whoever watches it sees it: its events, and what is told of them."""

from __future__ import annotations

import json

from ansible_collections.alparque.festival.plugins.module_utils.engines.view import View
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import Reader
from ansible_collections.alparque.festival.plugins.plugin_utils.bar import bar, plain


def line(event: str, time: float, **fields) -> str:
    """Return an event as it stands in the stream."""
    return json.dumps({"event": event, "time": time, **fields}) + "\n"


def batch(time: float, *counts: int, call: int = 1) -> str:
    """Return messages that came back, condensed."""
    return line("tasks", time, call=call, count=list(counts))


GATHERED = line("start", 100, expected=2) + "".join(line("join", 101, worker=f"c/{i}", host="mana") for i in (1, 2))
WORKING = GATHERED + line("call", 102, call=1, function="festival_lapply", tasks=40)


class Watched:
    """A job whose events were read so far."""

    def __init__(self, view: View, *events: str) -> None:
        self.view = view
        self.reader = Reader(view.story(detailed=False))
        self.told = self.goes_on(*events)

    @property
    def story(self):
        return self.reader.story

    def goes_on(self, *events: str) -> list[str]:
        """Read more events; return what is told of them at once."""
        return [self.view.told(self.story, mark) for mark in self.reader.feed("".join(events))]

    def plain(self, elapsed: float, now: float | None = None) -> str:
        """Return the line without a bar."""
        return plain(self.view, self.story, elapsed, now)

    def bar(self, elapsed: float, now: float, columns: int = 200) -> str:
        """Return the line with one."""
        return bar(self.view, self.story, elapsed, now, columns)
