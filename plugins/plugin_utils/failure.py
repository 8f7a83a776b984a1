"""Why a job has no result, or not all of it, in words: cause, object and next step."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.engines.table import DEFAULT_ENGINE, engine_named
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import OUT_OF_MEMORY
from ansible_collections.alparque.festival.plugins.module_utils.jobs.packing import TOO_LARGE
from ansible_collections.alparque.festival.plugins.module_utils.names import R_PACKAGE

#: What R says, in any kind of quotes.
NO_PACKAGE = re.compile(rf"there is no package called .({R_PACKAGE})")
#: The exit code of a job that wrote more than it may: that of the signal SIGXFSZ, as a shell has it.
OVER_LIMIT = 128 + 25
#: What the log says then, in the words of festival-limit: a script may end with that exit code by itself.
OVER_LIMIT_WORDS = "and job_output_limit is"
#: What did not come home is named up to so many; the report has more.
NAMED = 5


def _cause(job: dict) -> str:
    """Return what happened, and what to do about it. Private."""
    if job["state"] == "stopped":
        return f"was stopped {job['cause']}. R's output so far:\n{job['log']}\nRun again to have it go on."
    if job["cause"] == OUT_OF_MEMORY:
        limit = job.get("limit_memory")
        where = f"at its limit of {limit}. Raise job_limit_memory" if limit else "of its host. Give it a larger one"
        return f"ran out of memory: the kernel ended it {where}, or let the script hold less at a time."
    if job["exit_code"] == OVER_LIMIT and OVER_LIMIT_WORDS in job["log"]:
        return (
            f"wrote more than the {job.get('output_limit')} that job_output_limit allows, and was ended. What fits of that is "
            "in its results. Let the script write less, or to tempdir() what nobody needs later, or raise job_output_limit."
        )
    if job["exit_code"] is None:
        starts = f" after {job['attempts']} starts" if job.get("attempts", 1) > 1 else ""
        return f"ended without an exit code{starts}: {job['cause']}. Mend what this names, and run again."
    return f"failed: {engine_named(job.get('engine', DEFAULT_ENGINE)).failure(job['exit_code'], job['log'])}"


def _with_advice(cause: str) -> str:
    """Return the words on a failure, with the next step where a package was missing that nobody saw before. Private."""
    absent = sorted(set(NO_PACKAGE.findall(cause)))
    if not absent:
        return cause
    return (
        f"{cause}\nThe images lack {', '.join(absent)}: put it into images_r_packages and run playbooks/festival.yml."
    )


def explain(job: dict, home: Path, report: str) -> str:
    """Return the message of a job that did not finish. ``home`` has what it left."""
    also = f", its report {report}" if report else ""
    return f"Job {job['id']} {_with_advice(_cause(job))}\nIts whole log is {home}/log.txt{also}."


def incomplete(job: dict) -> str:
    """Return the words for a job of which not all came home."""
    left = job["left_out"]
    named = [f"{each['name']} is {each['why']}" for each in left[:NAMED]]
    more = job.get("left_out_count", len(left)) - len(named)
    also = f"; and {more:,} more" if more > 0 else ""
    large = any(TOO_LARGE in each["why"] for each in left)
    step = "Raise job_output_limit" if large else "Only plain files do: let the script write such"
    return (
        f"Not all that job {job['id']} left came home: {'; '.join(named)}{also}. The job's folder on the first manager has the rest. "
        f"{step}, and run it again with job_force."
    )
