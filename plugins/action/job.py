"""The controller's half of a job: what goes in, the wait, and the results brought home and verified."""

from __future__ import annotations

import getpass
import math
import os
import socket
import tempfile
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.alparque.festival.plugins.module_utils.engines.table import engine_named, view_of
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import (
    chosen,
    input_files,
    job_id,
    left_behind,
    looks,
    pack,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.options import argument_spec, shared
from ansible_collections.alparque.festival.plugins.plugin_utils import results
from ansible_collections.alparque.festival.plugins.plugin_utils.failure import NAMED, explain, incomplete
from ansible_collections.alparque.festival.plugins.plugin_utils.packages.advice import look
from ansible_collections.alparque.festival.plugins.plugin_utils.report.page import write_report
from ansible_collections.alparque.festival.plugins.plugin_utils.screen import (
    Screen,
    terminal_columns,
    turn_seconds,
)

#: Looked at when Ansible reads this file, which is before it forks the process of a task: that has no terminal any more.
COLUMNS = terminal_columns()

#: What this half reads; what is job_master's alone goes there as it is.
OPTIONS = argument_spec("controller")

#: Seconds that one call waits in line for a pool.
TURN_IN_LINE = 15


def user_name() -> str:
    """Return who runs this; a container's user need not have a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


class ActionModule(ActionBase):
    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        self._variables = task_vars or {}
        result = super().run(tmp, task_vars)
        try:
            self._options = self._validated()
            inputs = self._inputs()
            self._looked = looks(inputs)
            master = self._master_options(inputs)
            home = Path(self._options["results_dir"]) / master["id"]
            answer = self._kept_results(home, master) or self._run_job(master, inputs, home)
            return {**result, **answer}
        except FestivalError as error:
            raise AnsibleActionFail(str(error), result=error.facts) from error

    def _validated(self) -> dict:
        """Return this half's options with their types and defaults."""
        args = {key: value for key, value in self._task.args.items() if key in OPTIONS}
        checked = ArgumentSpecValidator(OPTIONS).validate(args)
        if checked.error_messages:
            raise FestivalError(f"{'; '.join(checked.error_messages)}. Correct the job_* variables.")
        return checked.validated_parameters

    def _inputs(self) -> dict[str, Path]:
        """Return the job's files by the name they have beside the script."""
        paths = [Path(self._options["script"]), *chosen(self._options["files"])]
        for path in paths:
            if not path.exists():
                raise FestivalError(f"{path.absolute()} is not there. Correct job_script or job_files.")
            if not path.is_file() and not path.is_dir():
                raise FestivalError(
                    f"{path.absolute()} is neither a file nor a folder. Write to a file what comes from it, and name that."
                )
        if paths[0].is_dir():
            raise FestivalError(f"{paths[0].absolute()} is a folder, not a script. Correct job_script.")
        try:
            return self._all_of(paths)
        except OSError as error:
            raise FestivalError(
                f"{error.filename or paths} cannot be read: {error.strerror}. Give yourself the permission, or take it out of job_files."
            ) from error

    def _all_of(self, paths: list[Path]) -> dict[str, Path]:
        """Return what goes along of the script and the files beside it, and warn of what does not."""
        left = [str(path) for path in left_behind(paths[1:])]
        if left:
            more = f" and {len(left) - NAMED:,} more" if len(left) > NAMED else ""
            self._display.warning(
                f"{', '.join(left[:NAMED])}{more} cannot be sent along with the job: no file, or a link to none."
            )
        return input_files(paths[0], paths[1:])

    def _master_options(self, inputs: dict[str, Path]) -> dict:
        own, script = self._options, Path(self._options["script"])
        options = {key: value for key, value in self._task.args.items() if key not in OPTIONS}
        options.update({key: own[key] for key in shared()})
        engine = engine_named(own["engine"])
        options["env"] = {**own["env"], **engine.environment(script, own.get(engine.name) or {}, own["env"])}
        options["id"] = job_id(
            script.name, inputs, own["arguments"], options["env"], own["output"], engine.name, own["image"]
        )
        options["command"] = [script.name, *own["arguments"]]
        return {**options, "user": user_name(), "controller": socket.gethostname()}

    def _owner(self, options: dict) -> int:
        """Return the id of the user on the manager who fetches the results: files are fetched without become."""
        if "owner" in options or not self._connection.become:
            return options.get("owner", 0)
        return int(self._low_level_execute_command("id -u", sudoable=False)["stdout"].strip().splitlines()[-1])

    def _kept_results(self, home: Path, master: dict) -> dict | None:
        """Return the stored answer of a job that is finished and whole, so that nothing runs twice."""
        job = None if master["force"] else results.kept(home)
        if not job:
            return None
        self._warn(job)
        return self._answer(False, job, home, kept=True)

    def _run_job(self, master: dict, inputs: dict[str, Path], home: Path) -> dict:
        own = self._options
        for warning in look(Path(own["script"]), inputs, own["installed"], own["env"]):
            self._display.warning(warning)
        if self._task.check_mode:
            return {
                "changed": True,
                "msg": f"would run job {master['id']}",
                "job": {"id": master["id"], "state": "none"},
            }
        screen = Screen(self._display.display, COLUMNS, self._options["stream"], view_of(self._options["engine"]))
        try:
            seen, changed = self._watch(screen, {**master, "owner": self._owner(master)}, inputs)
        finally:
            screen.clear()
        job = seen["job"]
        if job["archive"]:
            self._bring_home(screen, job, home)
            screen.end(home, job.get("seconds") or seen["stream"]["elapsed"])
        self._warn(job)
        if job["state"] != "finished":
            report = self._report(home)
            raise FestivalError(explain(job, home, report), results=str(home), report=report)
        return self._answer(changed, job, home, printed=self._options["stream"])

    def _watch(self, screen: Screen, master: dict, inputs: dict[str, Path]) -> tuple[dict, bool]:
        """Start the job in its turn, or find it running, and show it until it ends or is stopped for its timeout."""
        limit = self._options["timeout"] or math.inf
        seen = self._in_line(screen, {**master, "inputs": self._send(inputs)}, limit)
        changed = seen["changed"]
        while seen["job"]["state"] == "running":
            elapsed = seen["stream"]["elapsed"]
            if not screen.shown:
                screen.line(
                    f"Job {master['id']} is running on the manager, with or without this controller: the same command "
                    f"watches it on, playbooks/stop.yml -e job_id={master['id']} ends it."
                )
            screen.take(seen["stream"])
            if elapsed >= limit:
                self._call(**master, state="stopped", reason=f"after {limit} s (job_timeout)")
            turn = min(turn_seconds(elapsed, COLUMNS), max(1, limit - elapsed))
            seen = self._call(**{**master, "force": False}, **screen.offsets, wait=int(turn))
        return seen, changed

    def _in_line(self, screen: Screen, asked: dict, limit: float) -> dict:
        """Return the first answer of a job that has its pool."""
        turn = min(turn_seconds(0, COLUMNS), limit)
        while True:
            seen = self._call(**asked, **screen.offsets, wait=int(turn))
            if seen["job"]["state"] != "waiting":
                return seen
            screen.wait(f"Job {asked['id']} waits for {seen['job']['waiting_for']}", seen["job"]["seconds_to_wait"])
            turn = TURN_IN_LINE

    def _call(self, **args: t.Any) -> dict:
        """Run job_master on the manager."""
        result = self._execute_module("alparque.festival.job_master", args, task_vars=self._variables)
        if result.get("failed"):
            event = getattr(result.get("exception"), "event", None)
            raise FestivalError(result.get("msg") or getattr(event, "msg", None) or str(result))
        return result

    def _see_unchanged(self, inputs: dict[str, Path]) -> None:
        """Raise FestivalError where what was packed may not be what the job's id was made of."""
        now = looks(inputs)
        changed = [str(inputs[name].absolute()) for name, look in self._looked.items() if now[name] != look]
        if changed:
            raise FestivalError(
                f"{', '.join(changed[:5])} changed while it was read. Run again when nobody writes to it any more."
            )

    def _send(self, inputs: dict[str, Path]) -> str:
        """Bring the job's files to the manager, as one archive."""
        with tempfile.NamedTemporaryFile(suffix=".tar") as packed:
            pack(inputs, Path(self._options["script"]).name, Path(packed.name))
            self._see_unchanged(inputs)
            if not self._connection._shell.tmpdir:
                self._make_tmp_path()
            remote = self._connection._shell.join_path(self._connection._shell.tmpdir, "inputs.tar")
            self._transfer_file(packed.name, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        return remote

    def _bring_home(self, screen: Screen, job: dict, home: Path) -> None:
        """Fetch and verify the results beside their place, then put them there."""
        try:
            with results.beside(home) as part:
                archive = part / "results.tar"
                with screen.fetching(archive, job["archive_size"]):
                    self._connection.fetch_file(job["archive"], str(archive))
                results.receive(part, archive, home)
        except OSError as error:
            raise FestivalError(
                f"The results of job {home.name} cannot be put into {home.parent} here: {error.strerror or error}. Make room "
                "there, or set festival_results_dir to another folder, and run again to fetch them."
            ) from error

    def _report(self, home: Path) -> str:
        """Write the report where there is none yet; return its path."""
        report = home / "report.html"
        try:
            return str(report if report.is_file() else write_report(home))
        except Exception as error:
            # The results are home and whole; a report that cannot be drawn takes nothing from them.
            self._display.warning(f"The report of {home.name} could not be written: {error!r}")
            return ""

    def _warn(self, job: dict) -> None:
        """Say that not all is home, where that is so; Ansible has it among the task's warnings."""
        if job.get("left_out"):
            self._display.warning(incomplete(job))

    def _answer(self, changed: bool, job: dict, home: Path, printed: bool = False, kept: bool = False) -> dict:
        """Print R's output as R printed it, and return what the task returns."""
        log = results.log_of(home)
        for line in [] if printed else log.splitlines():
            self._display.display(line)
        report = self._report(home)
        before = f"Job {home.name} had finished before; job_force runs it again. " if kept else ""
        self._display.display(f"{before}Its results are in {home}{report and f', its report is {report}'}.")
        return {
            "changed": changed,
            "job": {key: value for key, value in job.items() if key not in ("log", "archive", "archive_size", "cause")},
            "results": str(home),
            "report": report,
            "stdout": log,
            "stdout_lines": log.splitlines(),
        }
