"""The end of what a script printed, on the manager and on the controller."""

from __future__ import annotations

import os
import typing as t

#: Bytes of it that are returned, printed and shown in the report; the whole log is among the results.
LOG_TAIL = 20_000


def tail(stream: t.BinaryIO) -> tuple[str, bool]:
    """Return the end of a log that is open, and whether that is all of it."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - LOG_TAIL))
    return stream.read(LOG_TAIL).decode(errors="replace"), size <= LOG_TAIL
