"""Several jobs in one run of Ansible: the role does for each of them what the playbook does for one, and Ansible starts once."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml
from real_hosts import CHECKOUT, Lab, one_line, run

#: Printed before each job, after it, and where it has failed.
BEGIN, HOME, FAILED = "a job begins here", "its results are in ", "it has failed"

ROLE = "alparque.festival.job"


@dataclass
class Job:
    """A job that has ended: what Ansible said of it, and its folder on the controller."""

    said: str
    failed: bool
    home: Path

    @property
    def log(self) -> str:
        return (self.home / "log.txt").read_text(encoding="utf-8")

    @property
    def events(self) -> list[dict[str, t.Any]]:
        return [json.loads(line) for line in (self.home / "events.jsonl").read_text(encoding="utf-8").splitlines()]

    @property
    def facts(self) -> dict[str, t.Any]:
        """What job.json has."""
        return json.loads((self.home / "job.json").read_text(encoding="utf-8"))


def playbook(jobs: t.Sequence[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return a playbook that runs jobs one after the other, each with its own variables, and goes on where one fails."""
    say = "ansible.builtin.debug"
    tasks: list[dict[str, t.Any]] = []
    for variables in jobs:
        run_it = {"name": "Run it", "ansible.builtin.include_role": {"name": ROLE}, "vars": variables}
        failed = {"name": "Say so", say: {"msg": FAILED}}
        tasks += [
            {"name": "Say which", say: {"msg": BEGIN}},
            {"name": "Try", "block": [run_it], "rescue": [failed]},
            {"name": "Say where", say: {"msg": HOME + "{{ __job_done.results | default('') }}"}},
        ]
    check = {"name": "Check", "ansible.builtin.import_playbook": str(CHECKOUT / "playbooks" / "preflight.yml")}
    return [check, {"name": "Run jobs", "hosts": "festival_managers[0]", "gather_facts": False, "tasks": tasks}]


def launch(cluster: Lab, folder: Path, *jobs: dict[str, t.Any]) -> list[Job]:
    """Run jobs in one run of Ansible; return them in their order. Each says whether it ``failed``."""
    path = folder / "series.yml"
    path.write_text(yaml.safe_dump(playbook(jobs), sort_keys=False), encoding="utf-8")
    _, *parts = run("ansible-playbook", "-i", cluster.inventory, path).output.split(BEGIN)
    assert len(parts) == len(jobs)
    return [ended(part) for part in parts]


def ended(said: str) -> Job:
    """Return the job of which Ansible has said this."""
    home = said.partition(HOME)[2].splitlines()[0].rstrip("'\"")
    return Job(one_line(said), FAILED in said, Path(home))
