"""Whose turn it is: one job at a time has a pool, and the others wait in line for it."""

from __future__ import annotations

import statistics
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.backends.table import backend_named
from ansible_collections.alparque.festival.plugins.module_utils.engines.table import engine_named, view_of
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import Reader
from ansible_collections.alparque.festival.plugins.module_utils.events.words import when
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import (
    JobFolder,
    moment,
    observe,
    seconds_between,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.line import Line, Ticket
from ansible_collections.alparque.festival.plugins.module_utils.jobs.lock import locked
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: What is told of the job that holds a pool.
HOLDER = ("id", "user", "controller", "started")
#: Seconds in which the events of the job that holds a pool are read to see how far it is.
READING = 1.0


class Turn(t.NamedTuple):
    """What a job waits for: the one that holds the pool, if any, and those before it in line; and roughly how long, in seconds."""

    holder: dict | None
    before: list[Ticket]
    seconds: float | None = None

    @property
    def place(self) -> int:
        """Its place in the line, the first is 1."""
        return len(self.before) + 1

    def words(self, pool: str) -> str:
        """Say what is waited for."""
        first = held(pool, self.holder) if self.holder else f"pool {pool}"
        ahead = (
            f", as number {self.place} in line after {', '.join(each.id for each in self.before)}"
            if self.before
            else ""
        )
        return f"{first}{ahead}"


def holder_of(client: t.Any, params: dict, but: str = "") -> dict | None:
    """Return the job, other than that ``but`` of this master, that runs on a pool: an ended one does not hold it."""
    if not params["pool"]:
        return None
    backend = backend_named(params["backend"])
    for name, job in backend.masters_of(client, params["prefix"], params["pool"]).items():
        folder = JobFolder(params["data_dir"], job)
        other = backend.master(client, params, name)
        if name != but and observe(other, folder)["state"] == "running":
            facts = folder.facts()
            return {key: facts.get(key) or "" for key in HOLDER}
    return None


def held(pool: str, holder: dict) -> str:
    """Say by whom a pool is held."""
    who = f"{holder['user']}@{holder['controller']}" if holder["user"] else "an unknown user"
    return f"pool {pool}, held by job {holder['id']} of {who} since {when(holder['started'])}"


def start_in_turn(
    client: t.Any, master: t.Any, folder: JobFolder, params: dict, start: t.Callable[[t.Any, JobFolder, dict], None]
) -> Turn | None:
    """Start a job as soon as it is its turn; return what it waits for where the time to wait was too short.

    Raises FestivalError where it may not wait, or where somebody has taken it out of the line.
    """
    line = Line(params["data_dir"], params["pool"])
    takes_workers = bool(engine_named(params["engine"]).takes_workers and params["pool"])

    def attempt() -> Turn | None:
        with locked(params["data_dir"], "start"):
            if stopped := line.stopped(params["id"]):
                raise FestivalError(f"Job {params['id']} was taken out of the line {stopped}. Run again to wait anew.")
            # Somebody else may have started the same job since it was looked at.
            running = observe(master, folder)["state"] == "running" and not params["force"]
            turn = None if running or not takes_workers else wanted()
            if not turn:
                line.leave(params["id"])
                if not running:
                    start(master, folder, params)
            return turn

    def wanted() -> Turn | None:
        holder = holder_of(client, params, but=master.name)
        who = params["id"], params["priority"], params["user"], params["controller"]
        before = line.show(*who) if params["queue"] else line.waiting()
        return Turn(holder, before) if holder or before else None

    _, turn = wait_until(attempt, lambda turn: not turn, params["wait"] if params["queue"] else 0)
    if turn and not params["queue"]:
        words = held(params["pool"], turn.holder) if turn.holder else turn.words(params["pool"])
        first = turn.holder["id"] if turn.holder else turn.before[0].id
        raise FestivalError(
            f"Job {params['id']} was not started: {words}. Wait for its end or stop it "
            f"(playbooks/stop.yml -e job_id={first}), leave job_queue true to wait in line, or give it a pool of "
            "its own (festival_pool)."
        )
    return turn and turn._replace(seconds=remaining(params["data_dir"], turn))


def taken_out(params: dict, job: str, check_mode: bool) -> bool:
    """Take a job out of whichever line it is in; say whether it was in one."""
    with locked(params["data_dir"], "start"):
        line = Line(params["data_dir"])
        if check_mode:
            return any(each.id == job for each in line.waiting())
        return line.stop(job, params["reason"])


def remaining(data_dir: str, turn: Turn) -> float | None:
    """Return roughly in how many seconds it is a job's turn; None where nothing is known of one that is before it."""
    spans = [usual(data_dir, each.id) for each in turn.before]
    if turn.holder:
        spans.append(left_of(JobFolder(data_dir, turn.holder["id"])))
    return None if None in spans else sum(spans)


def usual(data_dir: str, job: str) -> float | None:
    """Return how many seconds a job takes, going by those that were finished and are called as it is."""
    stem = job.rpartition("-")[0]
    folders = [JobFolder(data_dir, path.name) for path in (Path(data_dir) / "jobs").glob(f"{stem}-*")]
    facts = [folder.facts() for folder in folders if folder.path.name.rpartition("-")[0] == stem]
    spans = [
        each["seconds"]
        for each in facts
        if each.get("state") == "finished" and isinstance(each.get("seconds"), float | int)
    ]
    return statistics.median(spans) if spans else None


def left_of(folder: JobFolder) -> float | None:
    """Return how many seconds a running job still needs, by its tasks where their number is known, else by those before it."""
    facts = folder.facts()
    elapsed = seconds_between(facts["started"], moment()) if facts.get("started") else 0.0
    reader = Reader(view_of(facts.get("engine") or "").story(detailed=False))
    for piece in folder.events(READING):
        reader.feed(piece)
    done, total = reader.close().progress()
    if done and total and done <= total:
        return elapsed * (total - done) / done
    known = usual(folder.path.parent.parent.as_posix(), folder.path.name)
    return None if known is None else max(0.0, known - elapsed)
