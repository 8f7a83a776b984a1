"""A job on the manager: its folder, its master, and what they leave when the script has ended."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tarfile
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.engine import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import MANIFEST, manifest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.master import master_for
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: Characters of R's output that are returned; the whole log is among the results.
LOG_TAIL = 20_000


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")


class JobFolder:
    """A job's folder on the manager.

    It belongs to root and holds ``job.json``, which says what the job is, and ``results.tar``, which the controller fetches.
    Only ``master`` in it belongs to the images' user and is mounted: ``work``, the script's working directory, ``log.txt``
    and ``exit_code``. A script may leave anything there, so a link that leads out of it is never followed.
    """

    def __init__(self, root: str, job: str) -> None:
        self.path = Path(root) / "jobs" / job
        self.mounted = self.path / "master"
        self.work = self.mounted / "work"

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

    def facts(self) -> dict:
        path = self.path / "job.json"
        return json.loads(path.read_text()) if path.is_file() else {}

    def record(self, **facts: t.Any) -> None:
        """Add facts to job.json, whole or not at all."""
        part = self.path / "job.json.part"
        part.write_text(json.dumps({**self.facts(), **facts}, indent=2) + "\n")
        part.replace(self.path / "job.json")

    def prepare(self, archive: str, uid: int) -> None:
        """Unpack the inputs into a fresh folder that belongs to the images' user."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.work.mkdir(parents=True)
        with tarfile.open(archive) as tar:
            tar.extractall(self.work)
        for path in [self.mounted, *self.mounted.rglob("*")]:
            os.chown(path, uid, uid)

    def results(self, output: str, script: str) -> dict[str, Path]:
        """Return what the controller gets, by the name that it has there."""
        files = {"log.txt": self.mounted / "log.txt", script: self.work / script}
        for path in (self.work / output).rglob("*"):
            files[f"output/{path.relative_to(self.work / output)}"] = path
        trusted = {name: path for name, path in files.items() if self._trusted(path)}
        return {"log.txt": self.path / "no_log.txt", "job.json": self.path / "job.json", **trusted}

    def pack(self, output: str, script: str, owner: int) -> str:
        """Pack the results with their manifest, and return the path of the archive, which ``owner`` may read."""
        # A master that could not start left no log; its results have an empty one.
        (self.path / "no_log.txt").touch()
        files = self.results(output, script)
        (self.path / MANIFEST).write_text(manifest(files))
        archive = self.path / "results.tar"
        with tarfile.open(archive, "w", dereference=True) as tar:
            for name, path in {**files, MANIFEST: self.path / MANIFEST}.items():
                tar.add(path, arcname=name)
        os.chmod(archive, 0o600)
        os.chown(archive, owner, owner)
        return str(archive)


def _environment(params: dict) -> dict[str, str]:
    return {"FESTIVAL_JOB": params["id"], "FESTIVAL_OUTPUT": params["output"], **params["env"]}


def start(master: t.Any, folder: JobFolder, params: dict) -> None:
    """Make the job's folder and start its master; what an earlier, failed run left is replaced."""
    # A pool or a network that is missing is told before anything of an earlier run is gone.
    plan = master.plan(str(folder.mounted), _environment(params))
    master.remove()
    folder.prepare(params["inputs"], params["uid"])
    folder.record(
        id=params["id"],
        script=params["command"][0],
        arguments=params["command"][1:],
        engine=params["engine"],
        backend=params["backend"],
        image=params["image"],
        started=_now(),
    )
    master.start(plan)


def observe(master: t.Any, folder: JobFolder) -> dict:
    """Return the state of a job: none, running, finished or failed; with the exit code and the cause where it failed."""
    code = folder.exit_code()
    if code is not None:
        return {"state": "finished" if code == 0 else "failed", "exit_code": code, "cause": ""}
    if not folder.path.is_dir():
        return {"state": "none", "exit_code": None, "cause": ""}
    ended = master.ended() if master.exists() else None
    if ended and folder.exit_code() is None:
        return {"state": "failed", "exit_code": None, "cause": ended.message}
    if not master.exists():
        return {"state": "failed", "exit_code": None, "cause": "its master is gone, removed by hand or by a timeout"}
    return {"state": "running", "exit_code": None, "cause": master.waiting_for()}


def finish(master: t.Any, folder: JobFolder, params: dict, seen: dict) -> str:
    """Write the end into job.json, remove the master, and pack the results."""
    if "finished" not in folder.facts():
        folder.record(finished=_now(), exit_code=seen["exit_code"], state=seen["state"], cause=seen["cause"])
    master.remove()
    return folder.pack(params["output"], params["command"][0], params["owner"])


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Start, watch or stop a job; whoever asks again later finds it where it is."""
    master = master_for(client, params)
    folder = JobFolder(params["data_dir"], params["id"])
    seen = observe(master, folder)
    changed = False
    if params["state"] == "absent":
        if seen["state"] == "running" and not check_mode:
            master.remove()
        return {"changed": seen["state"] == "running", "job": seen}
    if params["inputs"] and (seen["state"] in ("none", "failed") or params["force"]):
        changed = True
        if not check_mode:
            start(master, folder, params)
    if check_mode:
        return {"changed": changed, "job": seen}
    if changed or seen["state"] == "running":
        _, seen = wait_until(
            lambda: observe(master, folder), lambda now: now["state"] != "running", params["wait"], interval=0.2
        )
    archive = None
    if seen["state"] in ("finished", "failed") and folder.path.is_dir():
        archive = finish(master, folder, params, seen)
    if seen["state"] == "none" and params["inputs"]:
        raise FestivalError(f"Job {params['id']} vanished: somebody removed its folder {folder.path}. Run again.")
    return {"changed": changed, "job": {**seen, "log": folder.log(), "archive": archive, **folder.facts()}}
