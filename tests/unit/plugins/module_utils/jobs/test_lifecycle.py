"""Whose turn it is, and who ends a job: two jobs on one pool of a recorded engine."""

from __future__ import annotations

import json
import os
import tarfile
import time

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.master import SwarmMaster
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs import roll
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import JobFolder
from ansible_collections.alparque.festival.plugins.module_utils.jobs.lifecycle import converge
from ansible_collections.alparque.festival.plugins.modules.job_master import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import ends, master_engine, params

HELD = "pool festival-pool, held by job a-1 of eva@laptop since "


def works(folder):
    """A master that is at work, with a task of its call stored."""
    (folder / "checkpoint").mkdir(exist_ok=True)
    (folder / "checkpoint" / "call-1").write_text("half")


@pytest.fixture
def ask(tmp_path):
    """Return a function that asks for a job on one manager, whose masters do as ``ask.script`` says."""
    (tmp_path / "a.R").write_text("1\n")
    with tarfile.open(tmp_path / "inputs.tar", "w") as tar:
        tar.add(tmp_path / "a.R", arcname="a.R")
    uid, data = os.getuid(), str(tmp_path / "data")
    common = {"image": "m:1", "command": ["a.R"], "data_dir": data, "uid": uid, "owner": uid, "wait": 0}
    common |= {"user": "eva", "controller": "laptop", "pool": "festival-pool", "inputs": str(tmp_path / "inputs.tar")}

    def ask(job="a-1", check_mode=False, **given):
        options = {**common, "id": job, **given}
        return converge(ask.engine, params(OPTIONS, **options), check_mode)

    def present(folder):
        ask.script(folder)

    ask.script = works
    ask.engine = master_engine(present)
    pool = {"Spec": {"Name": "festival-pool", "Labels": {}, "Mode": {"Replicated": {"Replicas": 1}}}}
    listed = ask.engine.answers["services"]
    ask.engine.answers["services"] = lambda filters: (
        [pool] if filters.get("name") == "festival-pool" else listed(filters)
    )
    ask.folder = JobFolder(data, "a-1")
    return ask


def test_the_next_job_waits_says_for_whom_and_has_its_turn(ask):
    assert ask()["job"]["state"] == "running"
    waits = ask("b-1")
    assert not waits["changed"] and waits["job"]["state"] == "waiting" and HELD in waits["job"]["waiting_for"]
    assert ask.engine.orders() == ["create_service"]
    # It holds nothing any more, though nobody has fetched what it left.
    ends(0)(ask.folder.mounted)
    assert ask("b-1")["job"]["state"] == "running"


def test_jobs_have_their_turns_in_the_order_in_which_they_came(ask):
    """Whoever asks first when the pool is free."""
    ask()
    ask("c-1")
    waits = ask("b-1")["job"]
    assert waits["place"] == 2 and waits["waiting_for"].endswith(", as number 2 in line after c-1")
    ends(0)(ask.folder.mounted)
    assert ask("b-1")["job"]["waiting_for"] == "pool festival-pool, as number 2 in line after c-1"
    with pytest.raises(
        FestivalError, match=r"pool festival-pool, as number 3 in line after c-1, b-1. .* -e job_id=c-1"
    ):
        ask("d-1", queue=False)
    assert ask("c-1")["job"]["state"] == "running"
    assert HELD.replace("a-1", "c-1") in ask("b-1")["job"]["waiting_for"]


def test_a_job_that_waits_is_taken_out_of_the_line(ask):
    ask()
    ask("b-1")
    assert ask("b-1", check_mode=True, state="stopped")["changed"]
    assert ask("b-1", state="stopped", reason="by ana@desk, on request")["job"] == {"id": "b-1", "state": "waiting"}
    with pytest.raises(FestivalError, match="Job b-1 was taken out of the line by ana@desk, on request. Run again"):
        ask("b-1")
    assert ask("b-1")["job"]["state"] == "waiting"


def test_a_job_that_may_not_wait_is_refused_in_the_same_words(ask):
    ask()
    with pytest.raises(FestivalError) as refused:
        ask("b-1", queue=False)
    assert HELD in str(refused.value) and "playbooks/stop.yml -e job_id=a-1" in str(refused.value)


def test_a_job_without_workers_neither_waits_nor_holds(ask):
    ask()
    assert ask("b-1", engine="none", pool="")["job"]["state"] == "running"
    assert ask("c-1", engine="none")["job"]["state"] == "running"


@pytest.mark.parametrize("job", ["a-1", ""], ids=["by its id", "by its pool"])
def test_a_job_is_stopped_and_its_watcher_learns_by_whom(ask, job):
    ask()
    stopped = ask(job, state="stopped", reason="by ana@desk, on request")
    assert stopped["changed"] and stopped["job"]["id"] == "a-1"
    seen = ask(inputs=None)["job"]
    assert (seen["state"], seen["cause"], seen["exit_code"]) == ("stopped", "by ana@desk, on request", None)
    assert json.loads((ask.folder.path / "job.json").read_text())["state"] == "stopped"
    assert not ask(job, state="stopped")["changed"]


def test_a_job_that_nobody_knows_is_no_job_to_stop(ask):
    assert ask("", state="stopped") == {"changed": False, "job": None}
    for job in ("z-1", "../jobs/a-1", "/tmp"):
        with pytest.raises(FestivalError, match=f"Job {job} is not known on this manager"):
            ask(job, state="stopped")


def test_a_job_whose_facts_a_crash_left_half_written_is_stopped_all_the_same(ask):
    ask()
    (ask.folder.path / "job.json").write_text('{"id": "a-1", "sta')
    assert ask(state="stopped", reason="by ana@desk")["changed"]
    assert ask(inputs=None)["job"]["state"] == "stopped"


@pytest.mark.parametrize(
    ("given", "kept"), [({}, True), ({"resume": False}, False), ({"force": True}, False)], ids=["", "anew", "forced"]
)
def test_a_stopped_job_that_runs_again_finds_its_tasks_unless_it_is_not_to(ask, given, kept):
    ask()
    ask(state="stopped")
    ask.script = lambda folder: None
    assert ask(**given)["changed"] and ask.folder.facts()["resumed"] is kept
    assert (ask.folder.mounted / "checkpoint" / "call-1").exists() is kept


def test_a_job_that_misses_workers_says_so_at_once_and_only_then(ask, monkeypatch):
    monkeypatch.setattr(roll, "YOUNG", 0)
    monkeypatch.setattr(SwarmMaster, "missing", lambda self: {"of": 3, "hosts": {"carla": 1}})
    begin = time.monotonic()
    assert ask(wait=20)["stream"]["missing"].startswith("1 of 3 workers is missing: carla")
    assert time.monotonic() - begin < 10, "a controller that waits for news gets it"
    again = ask(wait=1, inputs=None)
    assert again["stream"]["missing"] and again["job"]["missing"] == {"of": 3, "hosts": {"carla": 1}}
    assert time.monotonic() - begin >= 1


def vandal(folder):
    """A master that ends at once and leaves nothing of what it should."""
    (folder / "exit_code").write_text("rubbish")
    (folder / "events.jsonl").write_text("[" * 200_000)
    (folder / "session.json").write_text("[" * 200_000)
    (folder / "log.txt").mkdir()


def test_what_one_job_leaves_keeps_no_other_from_its_turn_or_its_end(ask, recorded):
    ask.script = vandal
    ask(restarts=0)
    assert ask("b-1")["job"]["state"] == "waiting"  # its master runs, whatever its exit code says
    ask.engine.answers["tasks"] = recorded("master_tasks.json")["oom"]
    ask.script = works
    assert ask("b-1")["changed"]
    assert HELD.replace("a-1", "b-1") in ask("c-1")["job"]["waiting_for"]
    assert ask("", state="stopped")["job"]["id"] == "b-1"


def test_a_job_whose_start_program_was_killed_has_failed_with_a_clear_message(ask, recorded):
    ask.script = vandal
    ask.engine.answers["tasks"] = recorded("master_tasks.json")["oom"]
    job = ask(restarts=0)["job"]
    assert (job["state"], job["exit_code"], job["log"]) == ("failed", None, "")
    assert job["cause"] == "task: non-zero exit (137); /job/exit_code has no exit code but 'rubbish'"
    assert job["archive"] and {"name": "log.txt", "why": "a folder"} in job["left_out"]
