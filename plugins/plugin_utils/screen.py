"""What a user sees of a running job: a bar drawn in place on a terminal, else a line now and then."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.engines.view import View
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import PIECE, Reader
from ansible_collections.alparque.festival.plugins.module_utils.events.words import clock
from ansible_collections.alparque.festival.plugins.module_utils.jobs.log import harmless
from ansible_collections.alparque.festival.plugins.plugin_utils.bar import bar, plain

#: Seconds between two plain lines.
PLAIN_EVERY = 10

#: Back to the line's beginning, and away with what is on it.
CLEAR = "\r\x1b[2K"


def terminal_columns() -> int:
    """Return how wide the terminal is; 0 where there is none that a bar can be drawn on."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb" or os.environ.get("CI"):
        return 0
    return shutil.get_terminal_size().columns


def turn_seconds(elapsed: float, columns: int) -> int:
    """Return how long to wait for news: short jobs end within the first turn, and long ones are not asked every second."""
    if elapsed < 3:
        return 3
    return int(min(max(elapsed / 10, 1), 5)) if columns else int(min(max(elapsed / 4, 3), 15))


class Screen:
    """Shows a job through Ansible's display, which is all that a task's process has of the terminal."""

    def __init__(self, display: t.Callable[..., None], columns: int, log: bool, view: View) -> None:
        self.display = display
        self.columns = columns
        self.view = view
        self.reader = Reader(view.story(detailed=False))
        #: Where to go on reading the event stream and R's output.
        self.offsets = {"events_from": 0, "log_from": 0 if log else -1}
        self.shown = ""
        self.missing = ""
        self.waits = ""
        self.next_plain = 0.0

    def line(self, text: str) -> None:
        """Print a line above the bar."""
        if self.columns:
            self.clear()
        self.display(text)

    def wait(self, text: str, seconds: float | None) -> None:
        """Say what the job waits for, again only where that is something else; on a terminal roughly how long it still does."""
        about = "" if seconds is None else f"about {clock(seconds)} more"
        if text != self.waits:
            self.waits = text
            self.line(f"{text}{'; ' if about else ''}{about}.")
        if self.columns and about:
            self.shown = about
            self.display(CLEAR + about, newline=False, screen_only=True)

    def take(self, stream: dict) -> None:
        """Take in what one call returned: what happened, what R printed, and how far the job is."""
        if stream["missing"] not in ("", self.missing):
            self.missing = stream["missing"]
            self.line(f"{clock(stream['elapsed'])}  {self.missing}")
        for mark in self.reader.feed(stream["events"]):
            self.line(f"{clock(stream['elapsed'])}  {self.view.told(self.reader.story, mark)}")
        for printed in harmless(stream["log"]).splitlines():
            self.line(printed)
        self.offsets = {name: stream[name] for name in self.offsets}
        self._show(stream["elapsed"], stream["now"])

    def end(self, home: Path, elapsed: float) -> None:
        """Sum up from the results what happened after the last call."""
        for piece in pieces_from(home / "events.jsonl", self.offsets["events_from"]):
            self.reader.feed(piece)
        if self.offsets["log_from"] >= 0:
            for line in lines_from(home / "log.txt", self.offsets["log_from"]):
                self.line(harmless(line).rstrip("\n"))
        self.clear()
        if self.reader.story.masters:
            self.display(plain(self.view, self.reader.story, elapsed))

    @contextlib.contextmanager
    def fetching(self, path: Path, size: int) -> t.Iterator[None]:
        """Say now and then how much of a file of ``size`` bytes has come to its path, while that takes long."""
        come = threading.Event()

        def tell() -> None:
            while not come.wait(1 if self.columns else PLAIN_EVERY):
                here = path.stat().st_size if path.exists() else 0
                text = f"Results on their way: {here / 1e6:,.0f} of {size / 1e6:,.0f} MB"
                if self.columns:
                    self.shown = text
                    self.display(CLEAR + text, newline=False, screen_only=True)
                else:
                    self.display(text)

        teller = threading.Thread(target=tell)
        teller.start()
        try:
            yield
        finally:
            come.set()
            teller.join()
            self.clear()

    def clear(self) -> None:
        """Take the bar away."""
        if self.columns and self.shown:
            self.display(CLEAR, newline=False, screen_only=True)
        self.shown = ""

    def _show(self, elapsed: float, now: float) -> None:
        """Draw the bar anew, or print a line where there is something new to say and it is time."""
        story = self.reader.story
        if self.columns:
            self.shown = bar(self.view, story, elapsed, now, self.columns)
            self.display(CLEAR + self.shown, newline=False, screen_only=True)
            return
        text = plain(self.view, story, elapsed, now)
        # The time alone is nothing new.
        said = text.partition("  ")[2]
        if said != self.shown and elapsed >= self.next_plain:
            self.display(text)
            self.shown, self.next_plain = said, elapsed + PLAIN_EVERY


def pieces_from(path: Path, offset: int) -> t.Iterator[bytes]:
    """Yield what a file has from an offset on, if it is there."""
    if not path.is_file():
        return
    with path.open("rb") as stream:
        stream.seek(offset)
        while piece := stream.read(PIECE):
            yield piece


def lines_from(path: Path, offset: int) -> t.Iterator[str]:
    """Yield a file's lines from an offset on."""
    with path.open("rb") as stream:
        stream.seek(offset)
        for line in stream:
            yield line.decode(errors="replace")
