"""The action of a job on a recorded engine, for all who look at what it does."""

from __future__ import annotations

import os

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible_collections.alparque.festival.plugins.action import job as action
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.lifecycle import converge
from ansible_collections.alparque.festival.plugins.modules.job_master import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import params


class JobOn(action.ActionModule):
    """The action, whose module runs in this process on a recorded engine."""

    engine = None

    def _execute_module(self, module_name=None, module_args=None, task_vars=None, **_):
        assert module_name == "alparque.festival.job_master"
        try:
            return converge(self.engine, params(OPTIONS, **module_args), self._task.check_mode)
        except FestivalError as error:
            return {"failed": True, "msg": str(error)}


@pytest.fixture
def run(tmp_path):
    """Return a function that runs the task; ``run.args`` are its options, ``run.home`` its results."""
    script, remote = tmp_path / "analysis.R", tmp_path / "remote"
    script.write_text("cat('hello')\n")
    remote.mkdir()
    uid = os.getuid()
    args = {"script": str(script), "results_dir": str(tmp_path / "results"), "image": "m:1"}
    args |= {"data_dir": str(tmp_path / "data"), "uid": uid, "owner": uid}

    def run(on, check_mode=False, **given):
        task, loader = Task.load({"action": "alparque.festival.job", "check_mode": check_mode}), DataLoader()
        task.args = {**args, **given}
        context = PlayContext()
        connection = connection_loader.get("local", context)
        connection._shell.tmpdir = str(remote)
        job = JobOn(task, connection, context, loader, Templar(loader), None)
        job.engine = on
        return job.run(task_vars={})

    run.args, run.home, run.script = args, tmp_path / "results", script
    return run
