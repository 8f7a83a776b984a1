"""What a script says itself of how far it is, in any engine's words."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.events.story import Story


def part(done: float | None, total: float | None) -> float | None:
    """Return done of total, from 0 to 1; None where nothing is known."""
    return min(1.0, max(0.0, (done or 0) / total)) if total else None


def said(story: Story) -> t.Iterator[str]:
    """Yield the numbers that a script gave."""
    done, total = story.said
    if done is not None and total is not None:
        yield f"{_plain(done):,} of {_plain(total):,}"


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value
