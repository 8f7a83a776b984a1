"""How many R workers a worker container runs: its slots.

A number, or as many as its host has cores and memory for. Which of these is one word, ``FESTIVAL_SLOTS`` in the containers and a
label of their pool: ``4``; or ``auto:2:536870912``, where two containers share a host and each worker has 512 MB. Hosts differ, so
each container counts for itself (``festival-slots`` in the images), and this module by the same rule for those who ask from outside.
"""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.units import NANO_CPUS, to_bytes
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

#: What is written for as many as fit, and how many that is at most.
AUTO = "auto"
MOST = 128


class Slots(t.NamedTuple):
    """A number of slots; none for as many as fit, of which ``memory`` is bytes for each (0: as many as cores)."""

    count: int | None
    sharing: int = 1
    memory: int = 0

    @classmethod
    def parse(cls, word: str) -> Slots:
        """Return what a word stands for."""
        if word.isdecimal():
            return cls(int(word))
        _, sharing, memory = word.split(":")
        return cls(None, int(sharing), int(memory))

    def __str__(self) -> str:
        return f"{AUTO}:{self.sharing}:{self.memory}" if self.count is None else str(self.count)

    @property
    def shown(self) -> int | str:
        """What users write for it."""
        return AUTO if self.count is None else self.count

    def on(self, cores: float | None, memory: int | None, limits: dict) -> int:
        """Return the slots of a container on a host; ``limits`` are the container's, as the engine counts. At least one."""
        if self.count is not None:
            return self.count
        fit = (cores or 1) // self.sharing
        if limits.get("NanoCPUs"):
            fit = min(fit, limits["NanoCPUs"] // NANO_CPUS)
        room = (memory or 0) // self.sharing
        if limits.get("MemoryBytes"):
            room = min(room or limits["MemoryBytes"], limits["MemoryBytes"])
        if self.memory and room:
            fit = min(fit, room // self.memory)
        return int(min(max(fit, 1), MOST))


def planned(wanted: str, memory_per_slot: str, containers: int, hosts: int) -> Slots:
    """Return the slots that are asked for, of a pool of so many containers on so many hosts; raise FestivalError for no number."""
    if wanted == AUTO:
        return Slots(None, max(1, -(-containers // max(1, hosts))), to_bytes(memory_per_slot or "0"))
    if not (wanted.isdecimal() and 1 <= int(wanted) <= MOST):
        raise FestivalError(f"slots is {wanted!r}: it has to be a whole number from 1 to {MOST}, or {AUTO}.")
    return Slots(int(wanted))
