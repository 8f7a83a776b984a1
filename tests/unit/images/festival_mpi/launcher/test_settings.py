"""What a master is told, by its environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi import settings as told
from festival_mpi.launcher.settings import Paths, Settings, paths, settings, shared


def test_wishes_that_are_not_told_are_none(monkeypatch):
    monkeypatch.setenv("FESTIVAL_MPI", '{"kind": "c", "ranks": 3, "environment": {"A": "1"}}')
    assert settings() == Settings("c", 3, "", [], [], 0, {"A": "1"})


def test_a_wish_that_nobody_knows_is_an_error(monkeypatch):
    monkeypatch.setenv("FESTIVAL_MPI", '{"kind": "c", "mood": "alegre"}')
    with pytest.raises(TypeError, match="mood"):
        settings()


def test_the_collection_tells_what_is_known(monkeypatch, tmp_path):
    """Both halves have one form of it."""
    (tmp_path / "ring.c").write_text("main")
    asked = {"ranks": 3, "map_by": "node", "options": ["-v"], "flags": ["-O2"], "restarts": 2, "r": "auto"}
    text = told.settings_for(tmp_path / "ring.c", asked, {"A": 1})
    assert json.loads(text)["environment"] == {"A": "1"}
    monkeypatch.setenv("FESTIVAL_MPI", text)
    assert settings() == Settings("c", 3, "node", ["-v"], ["-O2"], 2, {"A": "1"})
    assert set(asked) == set(told.OPTIONS)


def test_where_results_go_and_what_ranks_are_told_of_it(monkeypatch):
    given = {"JOB": "ring-1", "ENGINE": "mpi", "OUTPUT": "output", "EVENTS": "/job/events.jsonl", "SESSION": "/job/s"}
    for name, value in given.items():
        monkeypatch.setenv(f"FESTIVAL_{name}", value)
    assert paths() == Paths(Path("output"), "/job/events.jsonl", Path("/job/s"))
    assert shared() == {"FESTIVAL_JOB": "ring-1", "FESTIVAL_ENGINE": "mpi", "FESTIVAL_OUTPUT": "output"}
