"""The jobs of a manager, from their folders and from what its engine says of their masters."""

from __future__ import annotations

import json
import os

import pytest
import yaml
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import BACKENDS, Clients
from ansible_collections.alparque.festival.plugins.module_utils.jobs import info
from ansible_collections.alparque.festival.plugins.module_utils.jobs.info import converge
from ansible_collections.alparque.festival.plugins.modules import job_info
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, params
from ansible_collections.alparque.festival.tests.unit.finished_job import (
    BEGAN,
    JOB,
    MPI_JOB,
    Recorded,
    Stage,
    eventful,
)

RUNNING = {key: value for key, value in JOB.items() if key not in ("finished", "state", "exit_code")}


@pytest.fixture
def ask(tmp_path, recorded):
    """Return a function that asks a manager on which a master does as recorded, or is gone."""

    def ask(master=None, check_mode=False, **given):
        name = f"festival-job-{JOB['id']}"
        services = [{"Spec": {"Name": name, "Labels": {}, "TaskTemplate": {}}}] if master else []
        tasks = recorded("master_tasks.json")[master] if master else []
        engine = FakeEngine(services=services, tasks=tasks, containers=[])
        asked = params(job_info.OPTIONS, data_dir=str(tmp_path), **given)
        clients = Clients(asked)
        clients.made = dict.fromkeys(BACKENDS, engine)
        result = converge(clients, asked, check_mode)
        assert engine.told == [] and result["changed"] is False
        return result["jobs"]

    return ask


@pytest.fixture
def job(tmp_path):
    """Return a function that makes a job's folder on the manager."""

    def make(facts, stage=None, **files):
        mounted = tmp_path / "jobs" / facts["id"] / "master"
        mounted.mkdir(parents=True)
        (mounted.parent / "job.json").write_text(json.dumps(facts))
        for name, text in files.items():
            (mounted / name).write_text(text)
        if stage:
            (mounted / "events.jsonl").write_text(stage.lines())
        return mounted

    return make


def test_no_job_so_far(ask):
    assert ask() == []


def test_a_finished_job(ask, job):
    job(JOB, eventful())
    (told,) = ask(check_mode=True)
    documented = yaml.safe_load(job_info.RETURN)["jobs"]["contains"]
    assert set(told) == set(documented)
    assert (told["state"], told["exit_code"], told["seconds"]) == ("finished", 0, 62.0)
    assert (told["tasks_done"], told["tasks_total"], told["tasks_failed"]) == (280, 280, 1)
    assert (told["workers"], told["losses"], told["retries"], told["restarts"]) == (12, 2, 1, 1)
    assert (told["ranks_per_host"], told["cpu_seconds"]) == ({}, None)
    assert (told["left_out"], told["events_unread"]) == ([], 0)
    assert (told["user"], told["controller"], told["pool"]) == ("ana", "laptop", "festival-pool")


def test_a_running_job_tells_how_far_it_is(ask, job):
    stage = Stage(3)
    stage.begin(1, 10)
    stage.share(1, 1, 4, 1.0)
    stage.lose(BEGAN + 9, next(iter(stage.free)), "mana")
    job(RUNNING, stage)
    (told,) = ask(master="run")
    assert (told["state"], told["exit_code"], told["finished"]) == ("running", None, None)
    assert (told["tasks_done"], told["tasks_total"], told["workers"], told["losses"]) == (4, 10, 2, 1)
    assert told["seconds"] > 0


def test_an_mpi_job_tells_of_its_ranks(ask, job):
    job({**JOB, **MPI_JOB}, Recorded("mpi_events_killed"))
    (told,) = ask()
    assert (told["engine"], told["tasks_done"], told["tasks_total"], told["workers"]) == ("mpi", 12, 12, 12)
    assert (told["tasks_failed"], told["losses"], told["retries"], told["restarts"]) == (8, 0, 0, 0)
    assert told["ranks_per_host"] == {"aterciopelados": 4, "fabulosos-cadillacs": 4, "mana": 4}
    assert round(told["cpu_seconds"], 2) == 9.22


def test_an_mpi_job_that_runs_tells_of_the_ranks_that_are_there(ask, job):
    lines = Recorded("mpi_events").lines().splitlines(keepends=True)
    ended = [number for number, line in enumerate(lines) if '"event":"tasks"' in line]
    job({**RUNNING, **MPI_JOB, "id": JOB["id"]}, **{"events.jsonl": "".join(lines[: ended[2]])})
    (told,) = ask(master="run")
    assert (told["state"], told["tasks_done"], told["tasks_total"], told["workers"]) == ("running", 2, 12, 10)


def test_more_events_than_are_read_at_once(ask, job):
    stage = Stage(2)
    stage.call(1, 3000, 0.01)
    assert len(stage.lines()) > 400_000
    job(JOB, stage)
    assert ask()[0]["tasks_done"] == 3000


@pytest.mark.parametrize(
    ("master", "files", "state", "cause"),
    [
        ("node", {}, "running", "no suitable node"),
        ("bad", {}, "failed", "task: non-zero exit (2)"),
        (None, {}, "failed", "its master is gone"),
        (None, {"exit_code": "1\n"}, "failed", ""),
        (None, {"exit_code": "0\n"}, "finished", ""),
    ],
)
def test_a_job_whose_end_nobody_wrote_down(ask, job, master, files, state, cause):
    job(RUNNING, **files)
    (told,) = ask(master=master)
    assert told["state"] == state
    assert told["cause"].startswith(cause)


def test_the_latest_jobs_or_those_that_are_named(ask, job):
    for day in range(1, 5):
        job({**JOB, "id": f"job-{day}", "started": f"2026-09-0{day}T00:00:00+00:00"})
    assert [told["id"] for told in ask(last=2)] == ["job-4", "job-3"]
    assert len(ask(last=0)) == 4
    assert [told["id"] for told in ask(id=["job-1", "nosuch"])] == ["job-1"]


def test_events_are_not_read_through_a_link_that_leads_out(ask, job, tmp_path):
    elsewhere = tmp_path / "secret"
    elsewhere.write_text(eventful().lines())
    (job(JOB) / "events.jsonl").symlink_to(elsewhere)
    assert ask()[0]["tasks_done"] == 0


BAD = {
    "rubbish": {"exit_code": "rubbish"},
    "brackets": {"events.jsonl": "[" * 200_000, "session.json": "[" * 200_000},
    "wrong types": {"events.jsonl": '{"event":"start","time":1}\n{"event":"join","time":1,"worker":[],"host":{}}\n'},
    "surrogates": {
        "events.jsonl": '{"event":"start","time":1,"engine":"mpi"}\n{"event":"call","time":1,"call":1,"tasks":1}\n'
        '{"event":"join","time":1,"worker":"rank 0","host":"\\ud800"}\n'
    },
}


@pytest.mark.parametrize("files", BAD.values(), ids=BAD)
@pytest.mark.parametrize("master", ["run", None], ids=["runs", "is gone"])
def test_one_job_hides_no_other(ask, job, files, master):
    job(RUNNING, **files)
    job({**JOB, "id": "good-1", "started": "2026-09-22T00:00:00+00:00"}, eventful())
    good, bad = ask(master=master)
    assert (good["id"], good["state"], good["tasks_done"]) == ("good-1", "finished", 280)
    assert (bad["state"], bad["exit_code"]) == ("running" if master else "failed", None)
    json.dumps([good, bad], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ('{"started": 7}', "unknown"),
        ('{"backend": "moon"}', "unknown"),
        ('{"half', "failed"),
        ("[]", "failed"),
        ("", "failed"),
        ("\x00" * 9, "failed"),
    ],
)
def test_a_job_whose_own_facts_are_broken_hides_no_other(ask, job, text, state):
    (job(RUNNING).parent / "job.json").write_text(text)
    job({**JOB, "id": "good-1"}, eventful())
    told = {each["id"]: each for each in ask()}
    assert told["good-1"]["tasks_done"] == 280 and told[JOB["id"]]["state"] == state
    assert set(told["good-1"]) == set(told[JOB["id"]])
    if state == "unknown":
        assert f"jobs/{JOB['id']} cannot be read: " in told[JOB["id"]]["cause"]


def test_endless_events_are_read_for_a_while_and_what_is_left_is_said(ask, job, monkeypatch):
    monkeypatch.setattr(info, "SECONDS", 0.05)
    mounted = job(JOB)
    line = '{"event":"join","time":1,"worker":"%d","host":"mana"}\n'
    (mounted / "events.jsonl").write_text("".join(line % number for number in range(50_000)))
    (told,) = ask()
    assert 0 < told["events_unread"] < (mounted / "events.jsonl").stat().st_size and told["workers"] > 0
    os.truncate(mounted / "events.jsonl", 1 << 40)
    assert ask()[0]["events_unread"] > 1 << 39
