"""The jobs of a manager as data: what they are, how they stand, and how far their tasks are."""

from __future__ import annotations

import itertools
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils import names
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import (
    BACKENDS,
    DEFAULT_BACKEND,
    Clients,
    backend_named,
)
from ansible_collections.alparque.festival.plugins.module_utils.engines.table import view_of
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import Reader
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import (
    JobFolder,
    moment,
    observe,
    seconds_between,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import shown
from ansible_collections.alparque.festival.plugins.module_utils.jobs.line import Line

#: What a job's job.json may say, and what stands for it where it does not.
FACTS = {
    "script": "",
    "arguments": [],
    "engine": "",
    "backend": DEFAULT_BACKEND,
    "pool": "",
    "image": "",
    "user": "",
    "controller": "",
    "started": None,
    "finished": None,
    "seconds": None,
    "exit_code": None,
    "cause": "",
    "left_out": [],
}


#: The same for what its events tell.
TOLD: dict[str, t.Any] = {
    "tasks_done": 0,
    "tasks_total": None,
    "tasks_failed": 0,
    "workers": 0,
    "losses": 0,
    "retries": 0,
    "restarts": 0,
    "ranks_per_host": {},
    "cpu_seconds": None,
    "events_unread": 0,
}

#: Seconds in which the events of one job are read: the others are to be told of, too.
SECONDS = 20


def standing(clients: Clients, folder: JobFolder, facts: dict) -> dict:
    """Return a job's state, exit code and cause."""
    backend = facts.get("backend") or DEFAULT_BACKEND
    # A list, for what the file names may be anything, also what no table can have for a key.
    if backend not in [*BACKENDS]:
        raise LookupError(f"it ran on {backend!r}, which this version does not have")
    name = facts.get("master") or names.master(names.DEFAULT_PREFIX, folder.path.name)
    return observe(backend_named(backend).master(clients.of(backend), {}, name), folder)


def told_of(folder: JobFolder, engine: str, running: bool) -> dict:
    """Return what a job's events tell so far, and how many bytes of them were too many to be read."""
    size, read, view = folder.foreign.size("events.jsonl"), 0, view_of(engine)
    reader = Reader(view.story(detailed=False))
    for line in folder.events(SECONDS):
        read += len(line)
        reader.feed(line)
    story = reader.close()
    done, total = story.progress()
    return {
        **TOLD,
        "tasks_done": done,
        "tasks_total": total,
        "tasks_failed": story.count("failed"),
        "workers": len(story.present) if running else story.peak,
        "losses": story.losses,
        "retries": story.count("retry"),
        "restarts": story.count("restart"),
        **view.status(story),
        "events_unread": max(0, size - read),
    }


def describe(clients: Clients, folder: JobFolder, now: str) -> dict:
    """Return a job."""
    facts = folder.facts()
    seen = standing(clients, folder, facts)
    job = {"id": folder.path.name, **{key: facts.get(key, other) for key, other in FACTS.items()}, **seen}
    if job["seconds"] is None:
        job["seconds"] = seconds_between(job["started"], job["finished"] or now) if job["started"] else None
    return {**job, **told_of(folder, job["engine"], running=seen["state"] == "running")}


def described(clients: Clients, folder: JobFolder, now: str) -> dict:
    """Return a job, in whatever state its folder is: one that cannot be read is not to hide the others."""
    try:
        return describe(clients, folder, now)
    except FestivalError:
        # What the engine says concerns them all.
        raise
    except Exception as error:
        cause = f"{folder.path} cannot be read: {shown(repr(error))}"
        return {"id": folder.path.name, **FACTS, **TOLD, "state": "unknown", "cause": cause}


def folders(data_dir: str, ids: list[str], last: int) -> list[JobFolder]:
    """Return the folders of the jobs that are asked for, the latest first."""
    root = Path(data_dir) / "jobs"
    found = [JobFolder(data_dir, path.name) for path in (root.iterdir() if root.is_dir() else []) if path.is_dir()]
    if ids:
        return [folder for folder in found if folder.path.name in ids]
    found.sort(key=lambda folder: str(folder.facts().get("started") or ""), reverse=True)
    return found[:last] if last else found


def converge(clients: Clients, params: dict, check_mode: bool) -> dict:
    """Return the jobs. There is nothing to converge; the name is that of every module's work."""
    now = moment()
    wanted = folders(params["data_dir"], params["id"], params["last"])
    line = sorted(Line(params["data_dir"]).waiting(), key=lambda each: each.pool)
    waiting = [
        {**ticket._asdict(), "place": k}
        for _, tickets in itertools.groupby(line, lambda each: each.pool)
        for k, ticket in enumerate(tickets, start=1)
    ]
    return {"changed": False, "jobs": [described(clients, folder, now) for folder in wanted], "waiting": waiting}
