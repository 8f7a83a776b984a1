"""The controller's half of a job: what goes in, the wait, and the results brought home and verified."""

from __future__ import annotations

import json
import math
import os
import shutil
import tarfile
import tempfile
import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.alparque.festival.plugins.module_utils.engine import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import (
    input_files,
    job_id,
    manifest_problems,
    r_error,
)

#: What this half reads; the other options go to job_master as they are.
OPTIONS = {
    "script": {"type": "path", "required": True},
    "arguments": {"type": "list", "elements": "str", "default": []},
    "files": {"type": "list", "elements": "path", "default": []},
    "timeout": {"type": "int", "default": 0},
    "results_dir": {"type": "path", "required": True},
    "image": {"type": "str", "required": True},
    "engine": {"type": "str", "default": "ssh"},
    "output": {"type": "str", "default": "output"},
    "env": {"type": "dict", "default": {}},
    "force": {"type": "bool", "default": False},
}

#: Seconds that one call waits on the manager: long enough to cost little, short enough to notice a lost connection.
TURN = 15

#: Options of both halves.
SHARED = ("image", "engine", "output", "env", "force")


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


class ActionModule(ActionBase):
    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        self._variables = task_vars or {}
        result = super().run(tmp, task_vars)
        try:
            self._options = self._validated()
            inputs = self._inputs()
            master = self._master_options(inputs)
            home = Path(self._options["results_dir"]) / master["id"]
            answer = self._kept_results(home, master) or self._run_job(master, inputs, home)
            self._show(answer)
            return {**result, **answer}
        except FestivalError as error:
            raise AnsibleActionFail(str(error)) from error

    def _validated(self) -> dict:
        """Return this half's options with their types and defaults."""
        args = {key: value for key, value in self._task.args.items() if key in OPTIONS}
        checked = ArgumentSpecValidator(OPTIONS).validate(args)
        if checked.error_messages:
            raise FestivalError(f"{'; '.join(checked.error_messages)}. Correct the job_* variables.")
        return checked.validated_parameters

    def _inputs(self) -> dict[str, Path]:
        """Return the job's files by the name they have beside the script."""
        paths = [Path(name) for name in [self._options["script"], *self._options["files"]]]
        for path in paths:
            if not path.exists():
                raise FestivalError(f"{path.absolute()} is not there. Correct job_script or job_files.")
        if paths[0].is_dir():
            raise FestivalError(f"{paths[0].absolute()} is a folder, not an R script. Correct job_script.")
        return input_files(paths[0], paths[1:])

    def _master_options(self, inputs: dict[str, Path]) -> dict:
        own = self._options
        options = {key: value for key, value in self._task.args.items() if key not in OPTIONS}
        options.update({key: own[key] for key in SHARED})
        script = Path(own["script"]).name
        options["id"] = job_id(script, inputs, own["arguments"], own["env"], own["output"], own["engine"], own["image"])
        options["name"] = options.get("name") or f"festival-job-{options['id']}"
        options["command"] = [script, *own["arguments"]]
        return options

    def _kept_results(self, home: Path, master: dict) -> dict | None:
        """Return the stored answer of a job that is finished and whole, so that nothing runs twice."""
        if master["force"] or manifest_problems(home):
            return None
        job = json.loads((home / "job.json").read_text())
        if job.get("state") != "finished":
            return None
        return self._answer(False, job, (home / "log.txt").read_text(errors="replace"), home)

    def _run_job(self, master: dict, inputs: dict[str, Path], home: Path) -> dict:
        if self._task.check_mode:
            return {
                "changed": True,
                "msg": f"would run job {master['id']}",
                "job": {"id": master["id"], "state": "none"},
            }
        job, changed = self._watch(master, inputs)
        if job["archive"]:
            self._bring_home(job["archive"], home)
        if job["state"] == "finished":
            return self._answer(changed, job, job["log"], home)
        raise FestivalError(self._failure(job, home))

    def _watch(self, master: dict, inputs: dict[str, Path]) -> tuple[dict, bool]:
        """Start the job, or find it running, and wait for its end or its timeout."""
        timeout = self._options["timeout"]
        deadline = time.monotonic() + (timeout or math.inf)

        def turn() -> int:
            return max(1, int(min(TURN, deadline - time.monotonic())))

        seen = self._call(**master, inputs=self._send(inputs), wait=turn())
        changed = seen["changed"]
        while seen["job"]["state"] == "running":
            if time.monotonic() >= deadline:
                self._call(**master, state="absent")
                raise FestivalError(
                    f"Job {master['id']} still ran after {timeout} s and was stopped. R's output so far:\n"
                    f"{seen['job']['log']}\nRaise job_timeout, or give it more workers, and run again."
                )
            seen = self._call(**{**master, "force": False}, wait=turn())
        return seen["job"], changed

    def _call(self, **args: t.Any) -> dict:
        """Run job_master on the manager."""
        result = self._execute_module("alparque.festival.job_master", args, task_vars=self._variables)
        if result.get("failed"):
            raise FestivalError(result.get("msg", str(result)))
        return result

    def _send(self, inputs: dict[str, Path]) -> str:
        """Bring the job's files to the manager, as one archive."""
        with tempfile.NamedTemporaryFile(suffix=".tar") as packed:
            with tarfile.open(packed.name, "w") as tar:
                for name, path in inputs.items():
                    tar.add(path.resolve(), arcname=name)
            if not self._connection._shell.tmpdir:
                self._make_tmp_path()
            remote = self._connection._shell.join_path(self._connection._shell.tmpdir, "inputs.tar")
            self._transfer_file(packed.name, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        return remote

    def _bring_home(self, archive: str, home: Path) -> None:
        """Fetch and verify the results beside their place, then put them there in one move."""
        part = home.with_name(f".{home.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        packed = part / "results.tar"
        self._connection.fetch_file(archive, str(packed))
        unpack(packed, part)
        packed.unlink()
        problems = manifest_problems(part)
        if problems:
            raise FestivalError(
                f"The results in {part} did not arrive whole: {'; '.join(problems)}. Run again to fetch them."
            )
        shutil.rmtree(home, ignore_errors=True)
        os.replace(part, home)

    def _show(self, answer: dict) -> None:
        """Print R's output as R printed it."""
        for line in answer.get("stdout_lines", []):
            self._display.display(line)

    def _answer(self, changed: bool, job: dict, log: str, home: Path) -> dict:
        kept = {key: value for key, value in job.items() if key not in ("log", "archive", "cause")}
        return {"changed": changed, "job": kept, "results": str(home), "stdout": log, "stdout_lines": log.splitlines()}

    def _failure(self, job: dict, home: Path) -> str:
        if job["exit_code"] is None:
            return (
                f"Job {job['id']} ended without an exit code: {job['cause']}. Its log is {home}/log.txt. "
                "Out of memory? Raise job_limit_memory. Otherwise mend what the engine names, and run again."
            )
        return (
            f"Job {job['id']} failed: R ended with exit code {job['exit_code']}:\n{r_error(job['log'])}\n"
            f"The whole log is {home}/log.txt. Correct the script and run again."
        )
