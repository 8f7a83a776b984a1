"""A backend for the test alone: a master is a process of the manager, and there are no workers."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.backends.base import Ended
from ansible_collections.alparque.festival.plugins.module_utils.findings import Finding


class ProcessMaster:
    """A shell that runs the engine's start file, and leaves what a master leaves."""

    def __init__(self, client, params, name=""):
        self.name = name or f"process-{params['id']}"
        self.params, self.pid_file = params, Path(client) / f"{self.name}.pid"

    def exists(self):
        return self.pid_file.exists()

    def plan(self, folder, env):
        # In an image they lie in one place; a module that runs on a host has only what it imports.
        start = [f"{env['STARTS']}/{env['FESTIVAL_ENGINE']}", *self.params["command"]]
        script = f"{shlex.join(start)} > ../log.txt 2>&1; echo $? > ../exit_code"
        return {"args": ["sh", "-c", script], "cwd": f"{folder}/work", "env": {**os.environ, **env}}

    def start(self, plan):
        self.pid_file.write_text(str(subprocess.Popen(**plan, start_new_session=True).pid))

    def ended(self):
        try:
            os.kill(int(self.pid_file.read_text()), 0)
        except ProcessLookupError:
            return Ended("its process is gone")
        return None

    def attempts(self):
        return 1

    def out_of_memory(self):
        return False

    def waiting_for(self):
        return ""

    def missing(self):
        return {}

    def remove(self):
        if self.exists():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(self.pid_file.read_text()), signal.SIGKILL)
            self.pid_file.unlink()


class ProcessBackend:
    """Masters as processes. Its client is the folder where it notes their ids."""

    name = "process"

    def connect(self, params):
        folder = Path(params["data_dir"]) / "processes"
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    def master(self, client, params, name=""):
        return ProcessMaster(client, params, name)

    def masters_of(self, client, prefix, pool):
        return {}

    def judge(self, settings, hosts, managers):
        if len(hosts) > 1:
            yield Finding(f"festival_backend is process, and there are {len(hosts)} hosts. Leave one.")

    def judge_host(self, name, host, settings):
        yield from ()

    def judge_hosts(self, reports, manager, takers):
        yield from ()
