"""One at a time, whoever asks from wherever: a lock on the manager's disk, which a process that dies lets go."""

from __future__ import annotations

import contextlib
import fcntl
import typing as t
from pathlib import Path


@contextlib.contextmanager
def locked(root: str, name: str) -> t.Iterator[None]:
    """Wait for the lock of that name, and hold it."""
    folder = Path(root) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
