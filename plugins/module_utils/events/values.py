"""The values in an event, each as what it ought to be. Whatever is something else is a ValueError."""

from __future__ import annotations

import json
import math
import typing as t


def _none(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is no number")


# Integers are read as floats: Python takes hours for one of a million digits, or refuses it, depending on its version.
_decode = json.JSONDecoder(parse_int=float, parse_constant=_none).raw_decode

#: What an event that is none of ours may raise, be it in its JSON or in its values.
NO_EVENT = (ValueError, KeyError, TypeError, IndexError, RecursionError, OverflowError)


#: Characters of the longest name.
LONGEST = 200

NUMBERS = frozenset((float, int))


def event_of(line: str) -> dict:
    """Return the event in a line; its integers are floats. Raises one of ``NO_EVENT`` where there is none."""
    event, end = _decode(line)
    if "\\u" in line:
        # Half of a surrogate pair is no text, and would stop whoever prints it.
        event, _ = _decode(json.dumps(event, ensure_ascii=False).encode(errors="replace").decode())
    if type(event) is not dict or (end != len(line) and line[end:].strip()):
        raise ValueError("no object, or not only one")
    return event


# A job may have millions of events: what is asked of each value is asked by functions that are written in C.
def numbers(value: t.Any) -> list[float]:
    """Return finite numbers; R writes a vector of one as it likes."""
    if type(value) is not list:
        return [number(value)]
    if not (NUMBERS.issuperset(map(type, value)) and all(map(math.isfinite, value))):
        raise ValueError("not all of them are numbers")
    return value


def number(value: t.Any) -> float:
    """Return one finite number; True is none."""
    if type(value) in NUMBERS and math.isfinite(value):
        return value
    raise ValueError("no number")


def integers(value: t.Any) -> list[int]:
    """Return whole numbers."""
    return list(map(int, numbers(value)))


def integer(value: t.Any) -> int:
    """Return one whole number."""
    return int(number(value))


def known(value: t.Any, count: int) -> list[float | None]:
    """Return so many numbers, or None for each where there is none."""
    values = value if isinstance(value, list) else [value] * count
    return [None if each is None else number(each) for each in values]


def word(value: t.Any) -> str:
    """Return a name as one line that can be printed, whatever a script has made of it."""
    text = str(value)[:LONGEST]
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


def names(value: t.Any) -> list[str]:
    """Return names."""
    return list(map(str, value)) if isinstance(value, list) else [str(value)]
