"""A job's folder on the manager: what a master works in, what it leaves, and what of that goes home."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tarfile
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import MANIFEST, manifest

#: Characters of R's output that are returned; the whole log is among the results.
LOG_TAIL = 20_000

#: Bytes of R's output that one call hands out at most, and of events that it reads: a minute of the shortest tasks, or more.
PIECE = 256 * 1024
EVENTS_PIECE = 16 << 20

#: What a run leaves for the next one that takes up its work.
KEPT = ("checkpoint", "events.jsonl")

#: What the master's R leaves beside the script's own output, for the controller.
LEFT = ("log.txt", "events.jsonl", "session.json", "value.rds")

#: What job.json gives as the cause where the kernel ended a process at the limit.
OUT_OF_MEMORY = "out of memory"

#: A session.json larger than this is none of ours.
SESSION_BYTES = 1 << 20


def moment(timestamp: float | None = None) -> str:
    """Return a time, by default the present one, as ISO 8601."""
    when = dt.datetime.now() if timestamp is None else dt.datetime.fromtimestamp(timestamp)
    return when.astimezone(dt.timezone.utc).isoformat(timespec="milliseconds")


def seconds_between(first: str, last: str) -> float:
    """Return the seconds from one moment to another."""
    return round((dt.datetime.fromisoformat(last) - dt.datetime.fromisoformat(first)).total_seconds(), 3)


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder. Private."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _private(path: str, flags: int) -> int:
    """Open a file that nobody else may read, not even for a moment. Private."""
    return os.open(path, flags, 0o600)


class JobFolder:
    """A job's folder on the manager.

    It belongs to root and holds ``job.json``, which says what the job is, and ``results.tar``, which the controller fetches.
    Only ``master`` in it belongs to the images' user and is mounted: ``work``, the script's working directory, ``log.txt``,
    ``events.jsonl``, ``checkpoint`` and ``exit_code``. A script may leave anything there, so a link that leads out of it is
    never followed.
    """

    def __init__(self, root: str, job: str) -> None:
        self.path = Path(root) / "jobs" / job
        self.mounted = self.path / "master"
        self.work = self.mounted / "work"
        self.archive = self.path / "results.tar"

    def _trusted(self, path: Path) -> bool:
        return path.is_file() and path.resolve().is_relative_to(self.mounted.resolve())

    def exit_code(self) -> int | None:
        path = self.mounted / "exit_code"
        return int(path.read_text()) if self._trusted(path) else None

    def log(self) -> str:
        path = self.mounted / "log.txt"
        if not self._trusted(path):
            return ""
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - LOG_TAIL))
            return stream.read().decode(errors="replace")

    def piece(self, name: str, offset: int, size: int = PIECE) -> tuple[str, int]:
        """Return whole lines of a growing file from an offset on, and the offset at which they end."""
        path = self.mounted / name
        if not self._trusted(path):
            return "", 0
        with path.open("rb") as stream:
            # A file that is shorter than before is another one: the job was started anew.
            offset = offset if offset <= path.stat().st_size else 0
            stream.seek(offset)
            read = stream.read(size)
        end = read.rfind(b"\n") + 1 or (size if len(read) == size else 0)
        return read[:end].decode(errors="replace"), offset + end

    def backlog(self, name: str, offset: int) -> int:
        """Return the bytes that a growing file has beyond an offset."""
        path = self.mounted / name
        return max(0, path.stat().st_size - offset) if self._trusted(path) else 0

    def facts(self) -> dict:
        path = self.path / "job.json"
        return json.loads(path.read_text()) if path.is_file() else {}

    def record(self, **facts: t.Any) -> None:
        """Add facts to job.json, whole or not at all."""
        part = self.path / "job.json.part"
        part.write_text(json.dumps({**self.facts(), **facts}, indent=2) + "\n")
        part.replace(self.path / "job.json")

    def session(self) -> dict:
        """Return what R or MPI said that it ran with, as far as it said."""
        path = self.mounted / "session.json"
        if not self._trusted(path) or path.stat().st_size > SESSION_BYTES:
            return {}
        try:
            said = json.loads(path.read_text())
            return {key: said[key] for key in ("r", "platform", "packages", "mpi") if key in said}
        except (ValueError, TypeError):
            return {}

    def workers(self) -> dict[str, str]:
        """Return every worker that ever joined, with its host."""
        path, found = self.mounted / "events.jsonl", {}
        if not self._trusted(path):
            return found
        with path.open(errors="replace") as lines:
            for line in lines:
                if '"join"' not in line:
                    continue
                try:
                    event = json.loads(line)
                    if event["event"] == "join":
                        found[str(event["worker"])] = str(event.get("host") or "")
                except (ValueError, KeyError, TypeError):
                    continue
        return found

    def ended_at(self) -> str:
        """Return when the script ended, or now where nothing says so."""
        path = self.mounted / "exit_code"
        return moment(path.stat().st_mtime if self._trusted(path) else None)

    def prepare(self, archive: str, uid: int, keep: bool) -> bool:
        """Unpack the inputs into a fresh folder that belongs to the images' user; say whether results were ``keep``-t."""
        self._clear(keep)
        self.work.mkdir(parents=True)
        with tarfile.open(archive) as tar:
            tar.extractall(self.work)
        for path in [self.mounted, self.work, *self.work.rglob("*")]:
            os.chown(path, uid, uid, follow_symlinks=False)
        return (self.mounted / "checkpoint").is_dir()

    def _clear(self, keep: bool) -> None:
        """Remove what an earlier run left, but for what the next one is to take up."""
        if not keep or not self.mounted.is_dir():
            shutil.rmtree(self.path, ignore_errors=True)
            return
        kept = {self.mounted, *(self.mounted / name for name in KEPT)}
        for path in [*self.path.iterdir(), *self.mounted.iterdir()]:
            if path not in kept or path.is_symlink():
                _remove(path)

    def results(self, output: str, script: str) -> dict[str, Path]:
        """Return what the controller gets, by the name that it has there."""
        files = {**{name: self.mounted / name for name in LEFT}, script: self.work / script}
        for path in (self.work / output).rglob("*"):
            files[f"output/{path.relative_to(self.work / output)}"] = path
        trusted = {name: path for name, path in files.items() if self._trusted(path)}
        return {"log.txt": self.path / "no_log.txt", "job.json": self.path / "job.json", **trusted}

    def pack(self, output: str, script: str, owner: int) -> str:
        """Pack the results with their manifest, once; return the path of the archive, which ``owner`` may read.

        The artifacts go from the script's folder into the archive: a large one does not stay on the manager twice.
        """
        if not self.archive.is_file():
            try:
                self._pack(self.results(output, script))
            except OSError as error:
                raise FestivalError(
                    f"The results of job {self.path.name} cannot be packed on the manager: {error}. Make room in "
                    f"{self.path.parent}, and run again to fetch them."
                ) from error
            if (self.work / output).resolve().is_relative_to(self.mounted.resolve()):
                shutil.rmtree(self.work / output, ignore_errors=True)
            value = self.mounted / "value.rds"
            if self._trusted(value):
                value.unlink()
        os.chown(self.archive, owner, owner)
        return str(self.archive)

    def _pack(self, files: dict[str, Path]) -> None:
        # A master that could not start left no log; its results have an empty one.
        (self.path / "no_log.txt").touch()
        (self.path / MANIFEST).write_text(manifest(files))
        part = self.archive.with_suffix(".part")
        with (
            open(part, "wb", opener=_private) as stream,
            tarfile.open(fileobj=stream, mode="w", dereference=True) as tar,
        ):
            for name, path in {**files, MANIFEST: self.path / MANIFEST}.items():
                tar.add(path, arcname=name)
        part.replace(self.archive)


def _end(master: t.Any) -> str:
    """Return the engine's words on how a master ended; none while it runs or will run. Private."""
    if not master.exists():
        return "its master is gone, removed by hand"
    ended = master.ended()
    return ended.message if ended else ""


def observe(master: t.Any, folder: JobFolder) -> dict:
    """Return the state of a job (none, running, finished, failed or stopped), with its exit code and the cause of its end."""
    facts = folder.facts()
    if "finished" in facts:
        return {key: facts.get(key) for key in ("state", "exit_code", "cause")}
    if not folder.path.is_dir():
        return {"state": "none", "exit_code": None, "cause": ""}
    end = "" if folder.exit_code() is not None else _end(master)
    # A master that has ended may have left its exit code meanwhile, which counts more than what the engine knows.
    code = folder.exit_code()
    if code is not None:
        cause = OUT_OF_MEMORY if code and master.out_of_memory() else ""
        return {"state": "failed" if code else "finished", "exit_code": code, "cause": cause}
    if end:
        return {"state": "failed", "exit_code": None, "cause": OUT_OF_MEMORY if master.out_of_memory() else end}
    return {"state": "running", "exit_code": None, "cause": master.waiting_for()}
