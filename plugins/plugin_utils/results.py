"""A job's results on the controller: unpacked, verified, and put in their place in one move."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import manifest_problems
from ansible_collections.alparque.festival.plugins.module_utils.jobs.unpacking import unpack

#: Bytes of the log that are printed and returned; the whole is in log.txt.
LOG_TAIL = 20_000


@contextlib.contextmanager
def beside(home: Path) -> t.Iterator[Path]:
    """Give a folder for results on their way, of this process alone: another controller may be fetching the same.

    Who fetches holds a lock on its folder; one without was left by a process that died, and goes.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    for stale in home.parent.glob(f".{home.name}.*"):
        with _lock(stale) as free:
            if free:
                shutil.rmtree(stale, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f".{home.name}.", dir=home.parent))
    try:
        with _lock(part):
            part.chmod(0o777 & ~_umask())
            yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def _lock(folder: Path) -> t.Iterator[bool]:
    """Lock a folder unless another process has; say whether it is locked now. Private."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _umask() -> int:
    """Return what mode bits this process leaves off; mkdtemp() leaves off more. Private."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def receive(part: Path, archive: Path, home: Path) -> None:
    """Unpack and verify an archive in ``part``, the folder that it lies in, and let that take the place of ``home``."""
    unpack(archive, part)
    archive.unlink()
    problems = manifest_problems(part)
    if problems:
        raise FestivalError(
            f"The results in {part} did not arrive whole: {'; '.join(problems)}. Run again to fetch them."
        )
    _take_place(part, home)


def _take_place(part: Path, home: Path) -> None:
    """Put a folder in another's place; two that arrive at once both have the same results. Private."""
    for _ in range(10):
        shutil.rmtree(home, ignore_errors=True)
        try:
            os.replace(part, home)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    raise FestivalError(f"{home} is being written by another process. Run again.")


def kept(home: Path) -> dict | None:
    """Return what job.json says of a job that is finished and whole, or None."""
    if manifest_problems(home):
        return None
    job = json.loads((home / "job.json").read_text())
    return job if job.get("state") == "finished" else None


def log_of(home: Path, offset: int | None = None) -> str:
    """Return R's output from an offset on, or the end of it."""
    path = home / "log.txt"
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - LOG_TAIL) if offset is None else offset)
        return stream.read().decode(errors="replace")
