"""Writing files so that a reader sees the old or the new one, and never a key with open modes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def read(path: Path) -> bytes | None:
    """Return what is in the file, or None where there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def write(path: Path, data: bytes, mode: int) -> bool:
    """Let ``path`` hold ``data`` with ``mode``; return whether that was new."""
    if read(path) == data and path.stat().st_mode & 0o7777 == mode:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes it readable for the owner only, so a private key is never open to others, not even for a moment.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return True
