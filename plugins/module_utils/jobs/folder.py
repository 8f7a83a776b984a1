"""A job's folder on the manager: what a master works in, what it leaves, and what of that goes home."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
import math
import os
import re
import stat
import sys
import time
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.backends.base import JOB_FOLDER
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import Reader
from ansible_collections.alparque.festival.plugins.module_utils.events.tasks import TaskStory
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import (
    ForeignFolder,
    opened,
    remove,
    shown,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import hand_over
from ansible_collections.alparque.festival.plugins.module_utils.jobs.log import LOG_TAIL, harmless
from ansible_collections.alparque.festival.plugins.module_utils.jobs.packing import (
    SAID,
    Archive,
    Results,
    archive_at,
    results,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.session import SESSION_BYTES, session_of
from ansible_collections.alparque.festival.plugins.module_utils.jobs.stamps import given_away, keep_stamps, kept_stamps
from ansible_collections.alparque.festival.plugins.module_utils.jobs.unpacking import unpack
from ansible_collections.alparque.festival.plugins.module_utils.jobs.way import Missing, Refused

#: Bytes of R's output that one call hands out at most, and of events that it reads: a minute of the shortest tasks, or more.
PIECE = 256 * 1024
EVENTS_PIECE = 16 << 20

#: Bytes of a job's events that are read to say how it stands, and workers that are told of it.
EVENTS_READ = 256 << 20
WORKERS = 10_000

#: Bytes of an exit code that are looked at.
EXIT_CODE_BYTES = 64

#: What a run leaves for the next one that takes up its work, and what it has to be.
KEPT: dict[str, t.Callable[[int], bool]] = {"checkpoint": stat.S_ISDIR, "events.jsonl": stat.S_ISREG}

#: The job's files as they came, from which its master hands them out: the script may change those that it works on.
INPUTS = "inputs.tar"

#: Entries of the working directory that did not come home and are told one by one.
LEFT_OUT = 100

#: What job.json gives as the cause where the kernel ended a process at the limit.
OUT_OF_MEMORY = "out of memory"


def moment(timestamp: float | None = None) -> str:
    """Return a time, by default the present one, as ISO 8601."""
    when = dt.datetime.now() if timestamp is None else dt.datetime.fromtimestamp(timestamp)
    return when.astimezone(dt.timezone.utc).isoformat(timespec="milliseconds")


def seconds_between(first: str, last: str) -> float:
    """Return the seconds from one moment to another; none where the clock was put back meanwhile."""
    return max(0.0, round((dt.datetime.fromisoformat(last) - dt.datetime.fromisoformat(first)).total_seconds(), 3))


class Exit(t.NamedTuple):
    """What stands for a script's end: its exit code, or what is wrong with that."""

    code: int | None
    problem: str = ""


class JobFolder:
    """A job's folder on the manager.

    It belongs to root and holds ``job.json``, which says what the job is, and ``results.tar``, which the controller fetches.
    Only ``master`` in it belongs to the images' user and is mounted: ``work``, the script's working directory, ``log.txt``,
    ``events.jsonl``, ``checkpoint`` and ``exit_code``. A script may leave anything there, at any time, so that it is only
    reached as a ``ForeignFolder``, and what is in it is believed as far as it can be right.
    """

    def __init__(self, root: str, job: str) -> None:
        self.path = Path(root) / "jobs" / job
        self.mounted = self.path / "master"
        self.work = self.mounted / "work"
        self.archive = self.path / "results.tar"
        self.foreign = ForeignFolder(self.mounted, seen_as=JOB_FOLDER)

    def exit(self) -> Exit:
        """Return the script's exit code, once its master has left one."""
        try:
            said = self.foreign.read("exit_code", EXIT_CODE_BYTES)
        except Missing:
            return Exit(None)
        except Refused as refused:
            return Exit(None, f"{JOB_FOLDER}/exit_code is {refused}")
        found = re.fullmatch(rb"\s*([0-9]{1,3})\s*", said)
        if not found or int(found[1]) > 255:
            return Exit(None, f"{JOB_FOLDER}/exit_code has no exit code but '{shown(said.decode(errors='replace'))}'")
        return Exit(int(found[1]))

    def log(self) -> str:
        """Return the end of R's output."""
        with contextlib.suppress(Refused):
            return harmless(self.foreign.read("log.txt", LOG_TAIL, -LOG_TAIL).decode(errors="replace"))
        return ""

    def piece(self, name: str, offset: int, size: int = PIECE) -> tuple[str, int]:
        """Return whole lines of a growing file from an offset on, and the offset at which they end."""
        try:
            # A file that is shorter than before is another one: the job was started anew.
            offset = offset if offset <= self.foreign.size(name) else 0
            read = self.foreign.read(name, size, offset)
        except Refused:
            return "", 0
        end = read.rfind(b"\n") + 1 or (size if len(read) == size else 0)
        return read[:end].decode(errors="replace"), offset + end

    def backlog(self, name: str, offset: int) -> int:
        """Return the bytes that a growing file has beyond an offset."""
        return max(0, self.foreign.size(name) - offset)

    def events(self, seconds: float = math.inf) -> t.Iterator[bytes]:
        """Yield the lines of the job's events that can be some: what is read in so many seconds, and EVENTS_READ at most."""
        until = time.monotonic() + seconds
        for line in self.foreign.lines("events.jsonl", EVENTS_READ):
            if time.monotonic() > until:
                return
            yield line

    def facts(self) -> dict:
        """Return what job.json says; nothing where it is not there, or not whole after a crash of the host."""
        try:
            facts = json.loads((self.path / "job.json").read_text())
            return facts if isinstance(facts, dict) else {}
        except (OSError, ValueError):
            return {}

    def record(self, **facts: t.Any) -> None:
        """Add facts to job.json, whole or not at all."""
        part = self.path / "job.json.part"
        part.write_text(json.dumps({**self.facts(), **facts}, indent=2) + "\n")
        part.replace(self.path / "job.json")

    def session(self) -> dict:
        """Return what R or MPI said that it ran with, as far as it said."""
        with contextlib.suppress(Refused):
            return session_of(self.foreign.read("session.json", SESSION_BYTES + 1))
        return {}

    def workers(self) -> dict[str, str]:
        """Return every worker that ever joined, with its host."""
        reader = Reader(TaskStory(detailed=False))
        for line in self.events():
            # Of millions of tasks nothing is to be known here.
            if b'"join"' in line:
                reader.feed(line)
        workers = itertools.islice(reader.story.workers.values(), WORKERS)
        return {worker.name: worker.host for worker in workers}

    def ended_at(self) -> str:
        """Return when the script ended, or now where nothing says so."""
        now = time.time()
        with contextlib.suppress(Refused), self.foreign.open("exit_code") as stream:
            told = os.fstat(stream.fileno()).st_mtime
            began = self.facts().get("started")
            # The time of a file is the script's to set.
            if 0 <= told <= now and moment(told) >= (began or ""):
                return moment(told)
        return moment(now)

    def prepare(self, archive: str, uid: int, keep: bool) -> bool:
        """Unpack the inputs into a fresh folder that belongs to the images' user; say whether results were ``keep``-t.

        All is made where only root can reach it and then put in its place: an earlier master's processes, if any are left,
        have nothing that they could exchange meanwhile. Raises FestivalError where the disk does not let it.
        """
        try:
            self._make(archive, uid, keep)
        except OSError as error:
            raise FestivalError(
                f"The folder of job {self.path.name} cannot be made on the manager: {error.strerror or error}. Make room in "
                f"{self.path.parent}, or mend what this names, and run again."
            ) from error
        return (self.mounted / "checkpoint").is_dir()

    def _make(self, archive: str, uid: int, keep: bool) -> None:
        """Put a fresh folder in the place of an earlier one. Private."""
        self.path.mkdir(parents=True, exist_ok=True)
        fresh = self.path / "fresh"
        with opened(self.path) as own:
            remove(own, fresh.name)
            fresh.mkdir(mode=0o700)
            (fresh / "work").mkdir()
            unpack(Path(archive), fresh / "work")
            if len(os.listdir(fresh / "work")) > 1:
                # Beside its script the job has files, which its workers are to have, too.
                hand_over(Path(archive), fresh / INPUTS, uid)
            stamps = given_away(fresh / "work", uid)
            if keep and self.mounted.is_dir():
                self._keep(fresh)
            for name in sorted(os.listdir(own)):
                if name != fresh.name:
                    remove(own, name)
            keep_stamps(self.path, stamps)
            os.chown(fresh, uid, uid)
            fresh.chmod(0o755)
            fresh.rename(self.mounted)

    def _keep(self, fresh: Path) -> None:
        """Move what an earlier run left, and the next one is to take up, to a folder of root's. Private."""
        with opened(self.mounted) as earlier, opened(fresh) as own:
            for name, is_kind in KEPT.items():
                with contextlib.suppress(FileNotFoundError):
                    os.rename(name, name, src_dir_fd=earlier, dst_dir_fd=own)
                    if not is_kind(os.stat(name, dir_fd=own, follow_symlinks=False).st_mode):
                        remove(own, name)

    def pack(self, output: str, script: str, owner: int, limit: int = sys.maxsize) -> str:
        """Pack the results with their manifest, once; return the path of the archive, which ``owner`` may read.

        Of files of more than ``limit`` bytes in all some do not come home.
        The artifacts go from the script's folder into the archive: a large one does not stay on the manager twice.
        """
        if not self.archive.is_file():
            found = results(self.foreign, output, script, kept_stamps(self.path), limit)
            with archive_at(self.archive, found.disk) as archive:
                self._fill(archive, found)
            # What does not come home is not to be lost on the manager as well.
            if not self.facts()["left_out"]:
                self._take_away("work")
                self._take_away(SAID)
                self._take_away("value.rds")
        os.chown(self.archive, owner, owner)
        return str(self.archive)

    def _fill(self, archive: Archive, found: Results) -> None:
        """Write the results into their archive, and say in job.json what is not among them. Private."""
        left_out = dict(found.left_out)
        for name, source in found.files.items():
            try:
                with self.foreign.open(source) as stream:
                    archive.add(name, stream)
            except Refused as refused:
                left_out[name] = str(refused)
        if "log.txt" not in archive.checksums:
            # A master that could not start left no log; its results have an empty one. Of one that is too large they have the end.
            archive.add_text("log.txt", self.log().encode())
        told = [{"name": shown(name), "why": left_out[name]} for name in sorted(left_out)[:LEFT_OUT]]
        self.record(left_out=told, left_out_count=len(left_out))
        archive.add_text("job.json", (self.path / "job.json").read_bytes())

    def _take_away(self, name: str) -> None:
        """Remove what is packed now from the script's folder, unless it has exchanged it. Private."""
        *folder, last = [part for part in name.split("/") if part not in ("", ".")]
        within = self.foreign.folder("/".join(folder))
        with contextlib.suppress(OSError, Refused), within as there, opened(self.path) as own:
            os.rename(last, "packed", src_dir_fd=there, dst_dir_fd=own)
            remove(own, "packed")


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
    left = folder.exit()
    end = "" if left.code is not None else _end(master)
    # A master that has ended may have left its exit code meanwhile, which counts more than what the engine knows.
    left = folder.exit()
    if left.code is not None:
        cause = OUT_OF_MEMORY if left.code and master.out_of_memory() else ""
        return {"state": "failed" if left.code else "finished", "exit_code": left.code, "cause": cause}
    if end:
        cause = OUT_OF_MEMORY if master.out_of_memory() else "; ".join(filter(None, [end, left.problem]))
        return {"state": "failed", "exit_code": None, "cause": cause}
    return {"state": "running", "exit_code": None, "cause": master.waiting_for()}
