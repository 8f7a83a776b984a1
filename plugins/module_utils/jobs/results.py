"""A job's results on the controller: unpacked, verified, and put in their place in one move."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.engine import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import manifest_problems

#: Bytes of the log that are printed and returned; the whole is in log.txt.
LOG_TAIL = 20_000


def unpack(archive: Path, folder: Path) -> None:
    """Unpack plain files into the folder and nowhere else. Debian 12's Python has no filters of tarfile yet."""
    with tarfile.open(archive) as tar:
        for member in tar:
            path = (folder / member.name).resolve()
            if not (member.isfile() and path.is_relative_to(folder.resolve())):
                raise FestivalError(
                    f"The results have {member.name!r}, which is no file of theirs. Is the manager sound?"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as copy:
                shutil.copyfileobj(tar.extractfile(member), copy)


def receive(part: Path, archive: Path, home: Path) -> None:
    """Unpack and verify an archive in ``part``, the folder that it lies in, and let that take the place of ``home``."""
    unpack(archive, part)
    archive.unlink()
    problems = manifest_problems(part)
    if problems:
        raise FestivalError(
            f"The results in {part} did not arrive whole: {'; '.join(problems)}. Run again to fetch them."
        )
    shutil.rmtree(home, ignore_errors=True)
    os.replace(part, home)


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
