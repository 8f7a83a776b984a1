"""The roll call of a job: whom its master does not reach, found out once while the job is young, and told at once.

A script that lacks workers goes on without them, or waits for a minute, and to the swarm all of them are well.
"""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import JobFolder, moment, seconds_between
from ansible_collections.alparque.festival.plugins.module_utils.jobs.lock import locked

#: Seconds after a job's start. Two more go by where somebody does not answer: it is told before five are over.
YOUNG = 2.5


def call(master: t.Any, folder: JobFolder, params: dict) -> bool:
    """Note in job.json, once, whom the master does not reach; say whether that is anybody.

    A master whose container is not there yet is asked again by the next call.
    """
    facts = folder.facts()
    if "missing" in facts or "started" not in facts or seconds_between(facts["started"], moment()) < YOUNG:
        return False
    missing = master.missing()
    if missing is None:
        return False
    with locked(params["data_dir"], params["id"]):
        # A job that has ended meanwhile, or was begun anew, has other facts.
        if folder.facts() == facts:
            folder.record(missing=missing)
    return bool(missing)


def words(missing: dict[str, t.Any] | None) -> str:
    """Return one line about workers that are missing (``{"of": 3, "hosts": {"carla": 1}}``); empty where none are."""
    if not missing:
        return ""
    count, hosts = sum(missing["hosts"].values()), ", ".join(missing["hosts"])
    verb = "is" if count == 1 else "are"
    return f"{count} of {missing['of']} workers {verb} missing: {hosts} (cut off? playbooks/status.yml)"
