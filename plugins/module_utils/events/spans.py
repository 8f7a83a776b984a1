"""Stretches of time, each a sequence that begins with its start and its end in seconds."""

from __future__ import annotations

import typing as t


def union(spans: t.Iterable[t.Sequence]) -> list[list[float]]:
    """Return stretches without their overlaps."""
    merged: list[list[float]] = []
    for start, end in sorted((each[0], each[1]) for each in spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    return merged


def length(spans: t.Iterable[t.Sequence]) -> float:
    """Return the seconds that stretches cover."""
    return sum(end - start for start, end in union(spans))
