"""When a set of keys or tokens is made and when it is removed. Where it is kept is a store's matter."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import Kind, Prints


@dataclass
class KeySet:
    """What a store holds of one version: ``objects`` by part, each its name and id, or its path."""

    objects: dict[str, dict[str, str]] = field(default_factory=dict)
    fingerprint: str | None = None
    host_fingerprint: str | None = None
    flaw: str | None = None
    used_by: list[str] = field(default_factory=list)


class Store(t.Protocol):
    """Where the versions of one kind are kept; ``what`` says in a message what they are."""

    kind: Kind
    what: str

    def sets(self) -> dict[int, KeySet]:
        """Return all versions."""

    def make(self, version: int, texts: dict[str, str], fingerprints: Prints) -> KeySet:
        """Keep all parts, or none."""

    def mend(self, version: int, check: bool) -> bool:
        """Correct what can be corrected without a new set; return whether something was wrong."""

    def remove(self, version: int) -> None:
        """Forget what there is of the version."""


class Plan:
    """What is to be done so that a version is whole and every other that nothing uses is gone."""

    def __init__(self, store: Store, version: int) -> None:
        self.store, self.version = store, version
        self.sets = store.sets()
        self.present = self.sets.get(version, KeySet(flaw="is not there"))
        if self.present.flaw and self.present.used_by:
            raise FestivalError(
                f"Version {version} of {store.what} {self.present.flaw}, and {', '.join(self.present.used_by)} still uses "
                f"what is left: set festival_trust_version to {max(self.sets) + 1} for a new set, or remove what uses this one."
            )
        others = {other: kept.used_by for other, kept in sorted(self.sets.items()) if other != version}
        self.unused = [other for other, users in others.items() if not users]
        self.old = {other: users for other, users in others.items() if users}
        self.changed = bool(self.present.flaw or self.unused or store.mend(version, check=True))

    def carry_out(self) -> KeySet:
        """Do it; return the version as it is now."""
        for other in [self.version, *self.unused] if self.present.flaw else self.unused:
            self.store.remove(other)
        if self.present.flaw:
            return self.store.make(self.version, *self.store.kind.new())
        self.store.mend(self.version, check=False)
        return self.present

    def states(self) -> tuple[str, str]:
        """Return the versions as they are and as they are to be, a line each."""
        is_now = {number: kept.flaw or "whole" for number, kept in self.sets.items()}
        to_be = dict.fromkeys((self.version, *self.old), "whole")
        return self._lines(is_now), self._lines(to_be)

    def _lines(self, states: dict[int, str]) -> str:
        return "".join(f"{self.store.what}, version {number}: {state}\n" for number, state in sorted(states.items()))


def converge(stores: t.Sequence[Store], version: int, check: bool) -> dict:
    """Have version ``version`` whole in each store, the first of which has the keys; nothing is begun if one can't be."""
    plans = [Plan(store, version) for store in stores]
    now = [plan.present if check else plan.carry_out() for plan in plans]
    old: dict[str, list[str]] = {}
    for plan in plans:
        for other, users in plan.old.items():
            old[str(other)] = sorted({*old.get(str(other), ()), *users})
    before, after = map("".join, zip(*(plan.states() for plan in plans)))
    return {
        "changed": any(plan.changed for plan in plans),
        "version": version,
        "fingerprint": now[0].fingerprint,
        "host_fingerprint": now[0].host_fingerprint,
        "objects": {part.replace("-", "_"): found for kept in now for part, found in kept.objects.items()},
        "removed": sorted({other for plan in plans for other in plan.unused}),
        "old": old,
        "diff": {"before": before, "after": after},
    }


def remove_all(stores: t.Sequence[Store], check: bool) -> dict:
    """Remove every version from each store, where a swarm or a host outlives the cluster."""
    kept = [(store, version, found) for store in stores for version, found in sorted(store.sets().items())]
    for store, version, found in kept:
        # In a check run, what uses them has not gone.
        if found.used_by and not check:
            raise FestivalError(
                f"Version {version} of {store.what} cannot go: {', '.join(found.used_by)} still uses it. Remove that first."
            )
    for store, version, _found in [] if check else kept:
        store.remove(version)
    before = "".join(f"{store.what}, version {version}\n" for store, version, _found in kept)
    removed = sorted({version for _store, version, _found in kept})
    return {"changed": bool(kept), "removed": removed, "diff": {"before": before, "after": ""}}
