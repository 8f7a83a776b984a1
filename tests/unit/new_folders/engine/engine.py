"""An engine for the test alone: scripts of the shell, told by an option of its own how loud to be."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView
from ansible_collections.alparque.festival.plugins.module_utils.findings import Finding


class Shout:
    name = "shout"
    takes = "script of the shell"
    endings = (".sh",)
    takes_workers = False
    view = TasksView()
    options: t.ClassVar[dict] = {"times": {"type": "int", "default": 1}}

    def judge(self, settings):
        if settings.get("job_args"):
            yield Finding("festival_engine is shout, which takes no job_args. Leave them out.")

    def judge_script(self, script):
        if not script.read_text().strip():
            yield Finding(f"job_script is {script.name}, which is empty. Write something.")

    def environment(self, script, options, environment):
        return {"SHOUT_TIMES": str(options["times"])}

    def failure(self, code, log):
        return f"the shell said {log.split()[-1]!r} and ended with {code}. Say it better."
