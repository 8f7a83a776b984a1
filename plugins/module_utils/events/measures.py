"""Times, sizes and numbers as a reader of the report wants them."""

from __future__ import annotations

import math
import re
import typing as t

#: Seconds between two labels of an axis.
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


def duration(seconds: float) -> str:
    """Say how long, as precisely as it matters."""
    if seconds < 0.0095:
        return f"{seconds * 1000:.2g} ms" if seconds > 0 else "0 s"
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def clock(seconds: float, step: float) -> str:
    """Label a moment of the axis: 40 s, 2:30 or 1:05:00."""
    if step < 1:
        return f"{seconds:.{max(0, math.ceil(-math.log10(step)))}f} s"
    if seconds < 120 and step < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def axis_step(seconds: float) -> float:
    """Return the seconds between two labels of the axis: some eight of them, at round figures."""
    wanted = seconds / 8
    if wanted < 1:
        power = 10.0 ** math.floor(math.log10(wanted)) if wanted > 0 else 1.0
        return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= wanted)
    return next((step for step in STEPS if step >= wanted), 86400 * math.ceil(wanted / 86400))


def union(intervals: t.Iterable[t.Sequence[float]]) -> list[list[float]]:
    """Return intervals without their overlaps."""
    merged: list[list[float]] = []
    for start, end in sorted((each[0], each[1]) for each in intervals):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    return merged


def length(intervals: t.Iterable[t.Sequence[float]]) -> float:
    """Return the seconds that intervals cover."""
    return sum(end - start for start, end in union(intervals))


def natural(name: str) -> list:
    """Return a sort key that has worker 10 after worker 9."""
    return [int(part) if index % 2 else part for index, part in enumerate(re.split(r"([0-9]+)", name))]


def plural(count: int, word: str) -> str:
    """Return 1 task, or 2 tasks, or 10,000 tasks; losses, not losss."""
    ending = "" if count == 1 else "es" if word.endswith("s") else "s"
    return f"{count:,} {word}{ending}"


def size_text(size: float) -> str:
    """Return a size as a reader wants it: 512 bytes, 1.5 MB."""
    for unit in ("bytes", "kB", "MB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"
