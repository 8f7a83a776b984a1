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

from ansible_collections.alparque.festival.plugins.module_utils import files
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.log import tail
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import MANIFEST, manifest_problems
from ansible_collections.alparque.festival.plugins.module_utils.jobs.unpacking import unpack

#: What the name of a lock ends with; the folder that it is for has the name without.
LOCK = ".lock"

#: How often results are put in their place before the others that do so are told of.
PLACE_TRIES = 100


@contextlib.contextmanager
def beside(home: Path) -> t.Iterator[Path]:
    """Give a folder for results on their way, of this process alone: any number of controllers may be fetching the same.

    Who fetches holds a lock on a file beside its folder, from before the folder is made until after it is gone. A folder
    whose lock is free or missing was left by a process that died, and goes.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    for entry in home.parent.glob(f".{home.name}.*"):
        _sweep(Path(str(entry).removesuffix(LOCK)))
    with _own_lock(home) as lock:
        own = Path(str(lock).removesuffix(LOCK))
        part = own / "results"
        try:
            part.mkdir(parents=True)
            yield part
        finally:
            shutil.rmtree(own, ignore_errors=True)


@contextlib.contextmanager
def _own_lock(home: Path) -> t.Iterator[Path]:
    """Make a lock with a name that nobody else has, hold it, and remove it in the end. Private."""
    while True:
        descriptor, name = tempfile.mkstemp(prefix=f".{home.name}.", suffix=LOCK, dir=home.parent)
        # Another process may have found it free, and swept it, before it is locked: then the next name is tried.
        if _locked(descriptor, name):
            break
        os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
        os.close(descriptor)


def _locked(descriptor: int, name: str | Path) -> bool:
    """Lock an open file; say whether it is locked now, and still the one of that name. Private."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), os.stat(name))
    except OSError:
        return False


def _sweep(folder: Path) -> None:
    """Remove a folder that nobody holds, and its lock, the lock last: without it nobody could know. Private."""
    lock = Path(f"{folder}{LOCK}")
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        shutil.rmtree(folder, ignore_errors=True)
        return
    except PermissionError:
        # It is another user's, who shares the folder for results.
        return
    try:
        if _locked(descriptor, lock):
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


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
    """Put a folder in another's place in one move each, unless another controller has just brought the same. Private."""
    for _ in range(PLACE_TRIES):
        # Nothing is taken from under those who have begun to read it.
        if _same(part, home):
            return
        with contextlib.suppress(FileNotFoundError):
            os.replace(home, tempfile.mkdtemp(prefix="old.", dir=part.parent))
        try:
            os.replace(part, home)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    raise FestivalError(f"{home} is being written by another process. Run again.")


def _same(part: Path, home: Path) -> bool:
    """Say whether ``home`` holds the same results whole. Private."""
    manifests = [files.read(folder / MANIFEST) for folder in (part, home)]
    return manifests[0] == manifests[1] and _whole(home)


def _whole(home: Path) -> bool:
    """Say whether a job's results are all there; another controller may be putting newer ones in their place. Private."""
    try:
        return not manifest_problems(home)
    except FileNotFoundError:
        return False


def kept(home: Path) -> dict | None:
    """Return what job.json says of a job that is finished and whole, or None."""
    told = files.read(home / "job.json")
    if told is None or not _whole(home):
        return None
    job = json.loads(told)
    return job if job.get("state") == "finished" else None


def log_of(home: Path) -> str:
    """Return the end of R's output."""
    with (home / "log.txt").open("rb") as stream:
        return tail(stream)[0]
