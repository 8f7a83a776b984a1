"""Whose turn it is, in words, and roughly when; test_lifecycle.py has two jobs on one pool."""

from __future__ import annotations

import json

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs import turn as turns
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import JobFolder, moment
from ansible_collections.alparque.festival.plugins.module_utils.jobs.line import Ticket
from ansible_collections.alparque.festival.plugins.module_utils.jobs.turn import Turn, remaining, usual

HOLDER = {"id": "a-1", "user": "eva", "controller": "laptop", "started": "2026-11-21T03:35:26+00:00"}


def ticket(job):
    return Ticket(job, "pool", "eva", "laptop", 0, 0.0, 0.0)


def made(tmp_path, job, events="", **facts):
    """Make the folder of a job; return it."""
    folder = JobFolder(str(tmp_path), job)
    folder.mounted.mkdir(parents=True)
    (folder.path / "job.json").write_text(json.dumps({"id": job, "engine": "socket", **facts}))
    (folder.mounted / "events.jsonl").write_text(events)
    return folder


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (Turn(HOLDER, []), "pool p, held by job a-1 of eva@laptop since 2026-11-21 03:35:26 UTC"),
        (Turn(None, [ticket("b-1"), ticket("c-1")]), "pool p, as number 3 in line after b-1, c-1"),
        (
            Turn({**HOLDER, "user": ""}, [ticket("b-1")]),
            "pool p, held by job a-1 of an unknown user since 2026-11-21 03:35:26 UTC, as number 2 in line after b-1",
        ),
    ],
)
def test_words(turn, words):
    assert turn.words("p") == words


def test_usual_is_the_median_of_finished_jobs_of_that_name(tmp_path):
    for number, (state, seconds) in enumerate(
        [("finished", 10), ("finished", 30), ("finished", 20), ("failed", 900), ("finished", None)]
    ):
        made(tmp_path, f"fit-{number}", state=state, seconds=seconds)
    made(tmp_path, "fit-more-1", state="finished", seconds=5000)
    assert usual(str(tmp_path), "fit-99") == 20
    assert usual(str(tmp_path), "other-1") is None


def test_roughly_how_long(tmp_path, monkeypatch):
    """By the tasks of the one that runs, and by what those in line took before."""
    monkeypatch.setattr(turns, "seconds_between", lambda begin, end: 60.0)
    events = '{"event":"start","time":1}\n{"event":"call","time":1,"call":1,"tasks":10}\n{"event":"tasks","time":2,"call":1,"count":[3]}\n'
    made(tmp_path, "a-1", events, started=moment())
    first = remaining(str(tmp_path), Turn(HOLDER, []))
    assert first == pytest.approx(140)
    made(tmp_path, "b-0", state="finished", seconds=30)
    assert remaining(str(tmp_path), Turn(HOLDER, [ticket("b-1")])) == pytest.approx(170)
    assert remaining(str(tmp_path), Turn(HOLDER, [ticket("z-1")])) is None
    made(tmp_path, "c-1", started=moment())
    assert remaining(str(tmp_path), Turn({**HOLDER, "id": "c-1"}, [])) is None
    made(tmp_path, "c-0", state="finished", seconds=40)
    assert remaining(str(tmp_path), Turn({**HOLDER, "id": "c-1"}, [])) == 0
