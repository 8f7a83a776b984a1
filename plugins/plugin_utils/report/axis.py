"""The labels of a timeline's axis."""

from __future__ import annotations

import math

from ansible_collections.alparque.festival.plugins.module_utils.events.words import clock

#: Seconds between two labels of an axis.
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


def axis_step(seconds: float) -> float:
    """Return the seconds between two labels of the axis: some eight of them, at round figures."""
    wanted = seconds / 8
    if wanted < 1:
        power = 10.0 ** math.floor(math.log10(wanted)) if wanted > 0 else 1.0
        return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= wanted)
    return next((step for step in STEPS if step >= wanted), 86400 * math.ceil(wanted / 86400))


def axis_label(seconds: float, step: float) -> str:
    """Label a moment of the axis: 40 s, 2:30 or 1:05:00."""
    if step < 1:
        return f"{seconds:.{max(0, math.ceil(-math.log10(step)))}f} s"
    return f"{seconds:.0f} s" if seconds < 120 and step < 60 else clock(seconds)
