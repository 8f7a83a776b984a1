"""What became of the ranks of a run, in words."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.ranks import (
    STOPPED,
    Rank,
    RankStory,
    ending,
)
from ansible_collections.alparque.festival.plugins.module_utils.events.words import counted, duration

UNKNOWN = "–"


def per_run(story: RankStory) -> dict[int, list[Rank]]:
    """Return the ranks of each run that had any."""
    found: dict[int, list[Rank]] = {}
    for rank in story.ranks:
        found.setdefault(rank.run, []).append(rank)
    return found


def first_failure(ranks: list[Rank]) -> str:
    """Say which rank of a run failed first, and what became of the others; empty where none did."""
    first = next((rank for rank in ranks if rank.first_to_fail), None)
    if not first:
        return ""
    after = others(ranks)
    words = f"{first.name} {ending(first.cause or '', first.host)} after {duration(first.seconds)}"
    return f"{words}; {after}" if after else words


def others(ranks: list[Rank]) -> str:
    """Say what became of the ranks of a run of which one failed."""
    failed = sum(rank.failed_after for rank in ranks)
    stopped = sum(rank.cause == STOPPED for rank in ranks)
    were = f"{'was' if stopped == 1 else 'were'} stopped"
    if not failed:
        return f"{counted(stopped, 'other rank')} {were}" if stopped else ""
    return f"{counted(failed, 'other rank')} failed after it" + (f" and {stopped:,} {were}" if stopped else "")


def total(values: t.Iterable[float | None]) -> float | None:
    """Return a sum of what is known, or None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def told(value: float | None, words: t.Callable[[float], str]) -> str:
    """Return a value in words, or that it is not known."""
    return UNKNOWN if value is None else words(value)


def share(cpu: float | None, seconds: float) -> int | None:
    """Return CPU time in percent of a time."""
    return round(100 * cpu / seconds) if cpu is not None and seconds else None
