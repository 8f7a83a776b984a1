"""The job's log, which is what the launcher prints."""

from __future__ import annotations

import sys


def write(*lines: bytes) -> None:
    """Print lines of the ranks' or of mpirun's, as they are."""
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def say(text: str) -> None:
    """Print something of our own, between the ranks' lines."""
    write(f"{text}\n".encode(errors="surrogateescape"))
