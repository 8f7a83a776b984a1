"""The keys of a cluster: what a set of them is, and when one is made or removed. Where it is kept is a store's matter."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.alparque.festival.plugins.module_utils.engine import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust.keys import fingerprint, new_pair

#: The parts of a set. The first two are secret; all four are of no use apart.
PARTS = ("ssh-key", "host-key", "authorized-keys", "known-hosts")


@dataclass
class KeySet:
    """What a store holds of one version: ``objects`` by part, each its name and id, or its path."""

    objects: dict[str, dict[str, str]] = field(default_factory=dict)
    fingerprint: str | None = None
    host_fingerprint: str | None = None
    flaw: str | None = None
    used_by: list[str] = field(default_factory=list)


class Store(t.Protocol):
    """Where versions are kept."""

    def sets(self) -> dict[int, KeySet]:
        """Return all versions."""

    def make(self, version: int, texts: dict[str, str], fingerprints: tuple[str, str]) -> KeySet:
        """Keep all four parts, or none."""

    def mend(self, version: int, check: bool) -> bool:
        """Correct what can be corrected without new keys; return whether something was wrong."""

    def remove(self, version: int) -> None:
        """Forget what there is of the version."""


def new_set() -> tuple[dict[str, str], tuple[str, str]]:
    """Return the texts of a new set by part, and the fingerprints of the cluster's key and of its workers' host key."""
    cluster, host = new_pair(), new_pair()
    texts = {
        "ssh-key": cluster.private,
        "host-key": host.private,
        "authorized-keys": f"{cluster.public} festival\n",
        # Every worker, at any port, has this one key: also the replica that appears tomorrow.
        "known-hosts": f"*,[*]:* {host.public}\n",
    }
    return texts, (fingerprint(cluster.public), fingerprint(host.public))


def converge(store: Store, version: int, check: bool) -> dict:
    """Have version ``version`` whole; remove every other that nothing uses."""
    sets = store.sets()
    present = sets.get(version, KeySet(flaw="is not there"))
    if present.flaw and present.used_by:
        raise FestivalError(
            f"Version {version} of the cluster's keys {present.flaw}, and {', '.join(present.used_by)} still uses what "
            f"is left: set festival_trust_version to {max(sets) + 1} for a new set, or remove what uses this one."
        )
    unused = [other for other, kept in sorted(sets.items()) if other != version and not kept.used_by]
    changed = bool(present.flaw or store.mend(version, check) or unused)
    now = present
    if not check:
        for other in [version, *unused] if present.flaw else unused:
            store.remove(other)
        now = store.make(version, *new_set()) if present.flaw else present
    old = {other: kept.used_by for other, kept in sorted(sets.items()) if other not in [version, *unused]}
    return {
        "changed": changed,
        "version": version,
        "fingerprint": now.fingerprint,
        "host_fingerprint": now.host_fingerprint,
        "objects": {part.replace("-", "_"): found for part, found in now.objects.items()},
        "removed": unused,
        "old": {str(other): users for other, users in old.items()},
        "diff": _difference(sets, [version, *old]),
    }


def _difference(sets: dict[int, KeySet], after: t.Iterable[int]) -> dict:
    before = [f"version {number}: {found.flaw or 'whole'}\n" for number, found in sorted(sets.items())]
    return {"before": "".join(before), "after": "".join(f"version {number}: whole\n" for number in sorted(after))}
