"""A job from its start, in its turn, to its end."""

from __future__ import annotations

import sys
import time
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.backends.base import JOB_FOLDER
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import (
    BACKENDS,
    backend_named,
    connect,
)
from ansible_collections.alparque.festival.plugins.module_utils.docker.units import to_bytes
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.events.condense import condensed
from ansible_collections.alparque.festival.plugins.module_utils.jobs import roll
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import (
    EVENTS_PIECE,
    JobFolder,
    moment,
    observe,
    seconds_between,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.lock import locked
from ansible_collections.alparque.festival.plugins.module_utils.jobs.turn import holder_of, start_in_turn, taken_out
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: What is recorded of a job as it was asked for.
ASKED = ("id", "engine", "backend", "pool", "image", "user", "controller")


def _limit(params: dict) -> int:
    """Return how many bytes a job may write; 0 is no limit. Private."""
    return to_bytes(params["output_limit"] or "0")


def _environment(params: dict) -> dict[str, str]:
    limit = _limit(params)
    return {
        **({"FESTIVAL_OUTPUT_LIMIT": str(limit)} if limit else {}),
        "FESTIVAL_JOB": params["id"],
        "FESTIVAL_ENGINE": params["engine"],
        "FESTIVAL_OUTPUT": params["output"],
        "FESTIVAL_FORKS": params["forks"],
        "FESTIVAL_EVENTS": f"{JOB_FOLDER}/events.jsonl",
        "FESTIVAL_CHECKPOINT": f"{JOB_FOLDER}/checkpoint",
        **params["env"],
    }


def start(master: t.Any, folder: JobFolder, params: dict) -> None:
    """Make the job's folder and start its master; of an earlier, failed run only the completed tasks' results stay."""
    # A pool or a network that is missing is told before anything of an earlier run is gone.
    plan = master.plan(str(folder.mounted), _environment(params))
    master.remove()
    resumed = folder.prepare(params["inputs"], params["uid"], keep=params["resume"] and not params["force"])
    folder.record(
        **{key: params[key] for key in ASKED},
        master=master.name,
        script=params["command"][0],
        arguments=params["command"][1:],
        output=params["output"],
        limit_memory=params["limit_memory"] or "",
        output_limit=params["output_limit"] or "",
        resumed=resumed,
        started=moment(),
        state="running",
    )
    master.start(plan)


def record_end(master: t.Any, folder: JobFolder, seen: dict) -> None:
    """Write a job's end into job.json, once, and remove its master."""
    facts = folder.facts()
    if "finished" in facts:
        return
    workers, finished = folder.workers(), folder.ended_at()
    folder.record(
        **seen,
        finished=finished,
        seconds=seconds_between(facts["started"], finished) if "started" in facts else None,
        attempts=master.attempts(),
        hosts=sorted(set(workers.values())),
        workers=len(workers),
        **folder.session(),
    )


def finish(master: t.Any, folder: JobFolder, params: dict) -> str:
    """Write down the end, remove the master and pack the results."""
    with locked(params["data_dir"], params["id"]):
        seen = observe(master, folder)
        if seen["state"] == "running":
            raise FestivalError(f"Somebody else has just started job {params['id']} anew. Run again to watch it.")
        record_end(master, folder, seen)
        master.remove()
        return folder.pack(params["output"], params["command"][0], params["owner"], _limit(params) or sys.maxsize)


def stop(client: t.Any, params: dict, check_mode: bool) -> dict:
    """End a running job, by its id or by the pool that it holds, and record who did so. Its folder stays."""
    job = params["id"] or (holder_of(client, params) or {}).get("id")
    if not job:
        return {"changed": False, "job": None}
    if taken_out(params, job, check_mode):
        return {"changed": True, "job": {"id": job, "state": "waiting"}}
    folder = JobFolder(params["data_dir"], job)
    facts = folder.facts()
    # A job whose facts are not whole after a crash of the host is one all the same.
    if Path(job).name != job or not folder.path.is_dir():
        raise FestivalError(f"Job {job} is not known on this manager. playbooks/status.yml lists the jobs there are.")
    # A list, for what the file names may be anything, also what no table can have for a key.
    if facts.get("backend", params["backend"]) not in [*BACKENDS]:
        raise FestivalError(
            f"The job.json of job {job} names the backend {facts['backend']!r}, which this version does not have. Remove what "
            f"runs of it by hand, or use the version that started it. Its folder is {folder.path}."
        )
    if facts.get("backend", params["backend"]) != params["backend"]:
        params = {**params, "backend": facts["backend"]}
        client = connect(params)
    master = backend_named(params["backend"]).master(client, params, facts.get("master", ""))
    with locked(params["data_dir"], job):
        seen = observe(master, folder)
        changed = seen["state"] == "running"
        if changed and not check_mode:
            seen = {"state": "stopped", "exit_code": None, "cause": params["reason"]}
            record_end(master, folder, seen)
            master.remove()
    return {"changed": changed, "job": {**folder.facts(), **seen}}


def watch(master: t.Any, folder: JobFolder, params: dict) -> dict:
    """Wait for the job's end, until it is known to miss workers, or until there is more to read than one call hands out."""

    def reached(seen: dict) -> bool:
        if seen["state"] != "running" or roll.call(master, folder, params):
            return True
        return folder.backlog("events.jsonl", params["events_from"]) > EVENTS_PIECE

    return wait_until(lambda: observe(master, folder), reached, params["wait"], interval=0.2)[1]


def stream(folder: JobFolder, params: dict) -> dict:
    """Return what is new of the events and of R's output, where it ends, and how long the job has been running."""
    events, events_end = folder.piece("events.jsonl", params["events_from"], EVENTS_PIECE)
    log, log_end = folder.piece("log.txt", params["log_from"]) if params["log_from"] >= 0 else ("", -1)
    facts = folder.facts()
    started = facts.get("started")
    return {
        "missing": roll.words(facts.get("missing")),
        "events": condensed(events),
        "events_from": events_end,
        "log": log,
        "log_from": log_end,
        "elapsed": seconds_between(started, moment()) if started else 0,
        "now": time.time(),
    }


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Start, watch or stop a job; whoever asks again later finds it where it is."""
    if params["state"] == "stopped":
        return stop(client, params, check_mode)
    folder = JobFolder(params["data_dir"], params["id"])
    master = backend_named(params["backend"]).master(client, params)
    seen = observe(master, folder)
    wanted = bool(params["inputs"]) and (seen["state"] not in ("running", "finished") or params["force"])
    if check_mode:
        return {"changed": wanted, "job": seen}
    if wanted:
        turn = start_in_turn(client, master, folder, params, start)
        if turn:
            waiting = {"id": params["id"], "state": "waiting", "waiting_for": turn.words(params["pool"])}
            return {"changed": False, "job": {**waiting, "place": turn.place, "seconds_to_wait": turn.seconds}}
        seen = {"state": "running"}
    if seen["state"] == "running":
        seen = watch(master, folder, params)
    archive = None
    if seen["state"] != "running" and folder.path.is_dir():
        archive = finish(master, folder, params)
    if seen["state"] == "none" and params["inputs"]:
        raise FestivalError(f"Job {params['id']} vanished: somebody removed its folder {folder.path}. Run again.")
    size = Path(archive).stat().st_size if archive else 0
    job = {**folder.facts(), **seen, "log": folder.log(), "archive": archive, "archive_size": size}
    return {"changed": wanted, "job": job, "stream": stream(folder, params)}
