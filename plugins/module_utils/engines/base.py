"""What an engine is: how tasks travel from a master to the workers, as far as anything outside its folder has to know.

An engine is a folder here with a file ``engine.py``, a row in ``table.py``, and a start file of its name in
``roles/images/files/start/``, which runs in the master.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.engines.scripts import DOCUMENTS, judge_r
from ansible_collections.alparque.festival.plugins.module_utils.engines.view import View
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView
from ansible_collections.alparque.festival.plugins.module_utils.findings import Findings, Settings

#: R's own words for the end of a script by an error.
HALTED = "Execution halted"

#: Lines of a log that stand for an error that nobody can find in it.
LAST_LINES = 10


class Engine(t.Protocol):
    """An engine, as the job, the preflight and the images ask for it."""

    #: What ``festival_engine`` names it.
    name: str

    #: What kind of script it runs, in words: "R script".
    takes: str

    #: Endings of the names of scripts that are meant for it. What no engine claims, each judges by itself.
    endings: t.Collection[str]

    #: Whether a job of it works with a pool, and so holds it.
    takes_workers: bool

    #: How its jobs are seen: what their events add up to, and the words for that in bar, status and report.
    view: View

    #: Argument spec of the job's options for it alone, below the engine's name. Empty where there are none.
    options: dict[str, dict]

    def judge(self, settings: Settings) -> Findings:
        """Find what stands in its way in the user's variables."""

    def judge_script(self, script: Path) -> Findings:
        """Find why it cannot run a readable script."""

    def environment(self, script: Path, options: dict, environment: dict) -> dict[str, str]:
        """Return what its master is told besides what every master is, given its options and the script's environment."""

    def failure(self, code: int, log: str) -> str:
        """Return why a script failed that ended with an exit code, from its log: cause and next step."""


class ForR:
    """What engines for R scripts share."""

    takes = "R script"
    endings: t.Collection[str] = (".r", *DOCUMENTS)
    takes_workers = True
    view: View = TasksView()
    options: dict[str, dict] = {}

    def judge(self, settings: Settings) -> Findings:
        """R is in every image."""
        yield from ()

    def judge_script(self, script: Path) -> Findings:
        """Scripts, documents, and texts without an ending are taken for R."""
        yield from judge_r(script)

    def environment(self, script: Path, options: dict, environment: dict) -> dict[str, str]:
        """R needs to know no more than every master."""
        return {}

    def failure(self, code: int, log: str) -> str:
        """Return the message with which R gave up, with its calls; else the log's last lines."""
        return f"R ended with exit code {code}:\n{r_error(log)}\nCorrect the script and run again."


def r_error(log: str) -> str:
    """Return the message with which R gave up, with its calls; else the log's last lines."""
    lines = log.rstrip().splitlines()
    # An error that the script has caught and printed is not the one that ended it: that one is followed by these words.
    end = max((index for index, line in enumerate(lines) if line == HALTED), default=0)
    starts = [index for index, line in enumerate(lines[:end]) if re.match(r"Error(:| in )", line)]
    if not starts:
        return "\n".join(lines[-LAST_LINES:])
    # Where in a document it was knitr says before the error, and again after it.
    chunk = [line for line in lines[:end] if line.startswith("Quitting from")][-1:]
    message = [line for line in lines[starts[-1] : end][:20] if line not in chunk]
    return "\n".join([*chunk, *message])
