"""What R or MPI said in session.json that a job ran with: believed as far as it can be right."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import shown

#: A session.json larger than this is none of ours.
SESSION_BYTES = 1 << 20

#: Characters of a text, and entries of a table, that are taken at most.
TEXT, ENTRIES = 200, 5000

_MOST = 1 << 53


def _int(digits: str) -> int | None:
    """Return a number, but for one of which the digits are too many: Python takes hours for a million. Private."""
    return int(digits) if len(digits) < 20 else None


def text(said: t.Any) -> str:
    """Return a text as one line of no more than TEXT characters; raise TypeError where it is none."""
    if not isinstance(said, str):
        raise TypeError(f"{type(said).__name__} is no text")
    return shown(said[:TEXT])[:TEXT]


def count(said: t.Any) -> int:
    """Return a whole number that is none too large; raise TypeError where it is none."""
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said < _MOST:
        raise TypeError(f"{type(said).__name__} is no number of things")
    return said


def table(value: t.Callable[[t.Any], t.Any]) -> t.Callable[[t.Any], dict]:
    """Return what takes a table from texts to such values."""

    def take(said: t.Any) -> dict:
        if not isinstance(said, dict) or len(said) > ENTRIES:
            raise TypeError("no table, or too large a one")
        return {text(key): value(entry) for key, entry in said.items()}

    return take


def fields(takers: dict[str, t.Callable[[t.Any], t.Any]]) -> t.Callable[[t.Any], dict]:
    """Return what takes the fields of an object, and leaves those out that are not what they have to be."""

    def take(said: t.Any) -> dict:
        if not isinstance(said, dict):
            raise TypeError("no object")
        found = {}
        for key in takers.keys() & said.keys():
            try:
                found[key] = takers[key](said[key])
            except TypeError:
                continue
        return {key: found[key] for key in takers if key in found}

    return take


MPI = {"version": text, "ranks": count, "ranks_per_host": table(count), "runs": count}
SESSION = {"r": text, "platform": text, "packages": table(text), "mpi": fields(MPI)}


def session_of(read: bytes) -> dict:
    """Return R's version, platform and packages, and MPI's facts, as far as a session.json has them."""
    if len(read) > SESSION_BYTES:
        return {}
    try:
        return fields(SESSION)(json.loads(read, parse_int=_int))
    except (ValueError, TypeError, RecursionError):
        return {}
