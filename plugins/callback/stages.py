from __future__ import annotations

DOCUMENTATION = r"""
name: stages
type: aggregate
short_description: Seconds per stage, and the summary of a run
version_added: 0.1.0
author:
  - The alparque.festival authors (@alparque)
description:
  - Adds up the seconds that each play took, by the play's name, and prints them at the end of the run.
  - Prints the text that a playbook has left with M(ansible.builtin.set_stats) as C(festival_summary) above them.
  - Lets each line go as it comes where the output is a pipe or a file, so that whoever reads it sees a job move.
requirements:
  - C(callbacks_enabled = alparque.festival.stages) in ansible.cfg
"""

import io
import sys
import time

from ansible import context
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "alparque.festival.stages"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.seconds: dict[str, float] = {}
        self.stage: str | None = None
        self.since = time.monotonic()
        # One run may be told several playbooks, each of which ends with its own statistics.
        self.playbooks_left = len(context.CLIARGS.get("args", ())) or 1

    def v2_playbook_on_start(self, playbook) -> None:
        # Ansible's display leaves it to the buffer when something is written, and that of a pipe is filled in minutes.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=True)

    def _turn(self, stage: str | None) -> None:
        """Close the account of the stage that ends, and open that of the next."""
        now = time.monotonic()
        if self.stage is not None:
            self.seconds[self.stage] = self.seconds.get(self.stage, 0.0) + now - self.since
        self.stage, self.since = stage, now

    def v2_playbook_on_play_start(self, play) -> None:
        self._turn(play.get_name().strip())

    def v2_playbook_on_stats(self, stats) -> None:
        self._turn(None)
        self.playbooks_left -= 1
        if self.playbooks_left and not stats.failures and not stats.dark:
            return
        summary = stats.custom.get("_run", {}).get("festival_summary")
        if summary:
            self._display.banner("FESTIVAL")
            self._display.display(summary.rstrip())
        self._display.banner("SECONDS PER STAGE")
        for stage, seconds in self.seconds.items():
            self._display.display(f"{seconds:7.1f}  {stage}")
        self._display.display(f"{sum(self.seconds.values()):7.1f}  in all")
