"""What a script printed, on the manager and on the controller: its end, and as a terminal may have it."""

from __future__ import annotations

import os
import re
import typing as t

#: Bytes of it that are returned, printed and shown in the report; the whole log is among the results.
LOG_TAIL = 20_000


#: What a terminal obeys, and what turns a line around: no text of a script's may do either.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Return a text with its control characters escaped: \\x1b for that which begins a colour. Tabs and line feeds stay.

    A carriage return before a line feed goes; where it overwrites a line, as a progress bar does, a new one begins.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), lines)


def tail(stream: t.BinaryIO) -> tuple[str, bool]:
    """Return the end of a log that is open, and whether that is all of it."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - LOG_TAIL))
    return harmless(stream.read(LOG_TAIL).decode(errors="replace")), size <= LOG_TAIL
