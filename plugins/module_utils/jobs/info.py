"""The jobs of a manager as data: what they are, how they stand, and how far their tasks are."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils import names
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import (
    DEFAULT_BACKEND,
    Clients,
    backend_named,
)
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import Reader
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Story
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import (
    JobFolder,
    moment,
    observe,
    seconds_between,
)

#: What a job's job.json may say, and what stands for it where it does not.
FACTS = {
    "script": "",
    "arguments": [],
    "engine": "",
    "backend": "swarm",
    "pool": "",
    "image": "",
    "user": "",
    "controller": "",
    "started": None,
    "finished": None,
    "seconds": None,
    "exit_code": None,
    "cause": "",
}


def story_of(folder: JobFolder) -> Story:
    """Return what a job's events tell so far."""
    reader, offset = Reader(), 0
    while True:
        text, end = folder.piece("events.jsonl", offset)
        # Not splitlines(): JSON may hold characters that it takes for line ends.
        for line in text.split("\n"):
            reader.read(line)
        if end <= offset:
            return reader.close()
        offset = end


def standing(clients: Clients, folder: JobFolder, facts: dict) -> dict:
    """Return a job's state, exit code and cause."""
    backend = facts.get("backend") or DEFAULT_BACKEND
    name = facts.get("master") or names.master(names.DEFAULT_PREFIX, folder.path.name)
    return observe(backend_named(backend).master(clients.of(backend), {}, name), folder)


def describe(clients: Clients, folder: JobFolder, now: str) -> dict:
    """Return a job."""
    facts, story = folder.facts(), story_of(folder)
    seen = standing(clients, folder, facts)
    done, total = story.progress()
    job = {"id": folder.path.name, **{key: facts.get(key, other) for key, other in FACTS.items()}, **seen}
    if job["seconds"] is None:
        job["seconds"] = seconds_between(job["started"], job["finished"] or now) if job["started"] else None
    return {
        **job,
        "tasks_done": done,
        "tasks_total": total,
        "tasks_failed": len(story.failures),
        "workers": sum(worker.alive for worker in story.workers.values()) if seen["state"] == "running" else story.peak,
        "losses": story.losses,
        "retries": story.count("retry"),
        "restarts": story.count("restart"),
        "ranks_per_host": story.ranks_per_host(),
        "cpu_seconds": story.cpu_seconds(),
    }


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
    return {"changed": False, "jobs": [describe(clients, folder, now) for folder in wanted]}
