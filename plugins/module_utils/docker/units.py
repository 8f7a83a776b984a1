"""The units that Docker counts in, made from those that people write."""

from __future__ import annotations

import re

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

#: Docker counts time in nanoseconds: so many are a second.
NANOSECONDS = 1_000_000_000

#: Docker counts processors in billionths: so many are one core.
NANO_CPUS = 1_000_000_000

_BYTES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def to_bytes(size: str) -> int:
    """Return the bytes that a size such as 512M or 2G (powers of 1024) stands for."""
    match = re.fullmatch(r"(\d{1,18}(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?", size.strip().lower())
    if not match:
        raise FestivalError(
            f"Memory size {size!r} is not a number with unit b, k, m, g or t, such as 512M. Correct it."
        )
    return int(float(match[1]) * _BYTES[match[2]])


def to_nano_cpus(cpus: float | None) -> int:
    """Return a number of cores as Docker counts them; none are 0."""
    return round((cpus or 0) * NANO_CPUS)


def resources(cpus: float | None, memory: str | None) -> dict:
    """Return the swarm's form of a number of cores and a memory size. What is missing is 0, so that its removal shows."""
    return {"NanoCPUs": to_nano_cpus(cpus), "MemoryBytes": to_bytes(memory) if memory else 0}
