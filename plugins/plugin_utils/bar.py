"""The one line that tells how a job stands, with a bar or without, from what its engine's view says."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.view import View
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Story
from ansible_collections.alparque.festival.plugins.module_utils.events.words import clock

WIDTH = 24


def plain(view: View, story: Story, elapsed: float, now: float | None = None) -> str:
    """Return one line for an output that is kept; of a job that has ended without a present moment."""
    return f"{clock(elapsed)}  {', '.join(view.standing(story, now)) or ('running' if now else 'ended')}"


def bar(view: View, story: Story, elapsed: float, now: float, columns: int) -> str:
    """Return one line for a terminal of that many columns, to be drawn in place."""
    done = view.share(story)
    if done is None:
        # Nothing is known of the end: something still moves, so that one sees that it lives.
        at = int(elapsed) % WIDTH
        drawn = "." * at + "=" + "." * (WIDTH - at - 1)
    else:
        full = int(done * WIDTH)
        drawn = "=" * full + "." * (WIDTH - full)
    part = "" if done is None else f" {done:4.0%}"
    line = f"[{drawn}]{part}  {plain(view, story, elapsed, now)}"
    return line if len(line) < columns else line[: max(0, columns - 2)] + "…"
