"""The line before a pool: who is where in it, and who is not there any more."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs import line as lines
from ansible_collections.alparque.festival.plugins.module_utils.jobs.line import KEPT, Line


@pytest.fixture
def clock(monkeypatch):
    """Return a function that lets time pass."""
    now = [1000.0]
    monkeypatch.setattr(lines.time, "time", lambda: now[0])

    def later(seconds):
        now[0] += seconds

    return later


@pytest.fixture
def line(tmp_path):
    return Line(str(tmp_path), "festival-pool")


def show(line, job, priority=0):
    """Show a job's ticket; return the jobs before it."""
    return [each.id for each in line.show(job, priority, "eva", "laptop")]


def test_in_order_of_arrival(line, clock):
    for job, before in (("c-1", []), ("a-1", ["c-1"]), ("b-1", ["c-1", "a-1"]), ("a-1", ["c-1"])):
        assert show(line, job) == before
        clock(1)
    line.leave("c-1")
    assert show(line, "a-1") == []


def test_priority_first_also_where_it_is_raised_later(line, clock):
    show(line, "a-1")
    clock(1)
    assert show(line, "b-1", priority=5) == []
    clock(1)
    assert show(line, "c-1", priority=-1) == ["b-1", "a-1"]
    assert show(line, "c-1", priority=6) == []


def test_who_does_not_ask_keeps_the_place_for_a_while(line, clock):
    show(line, "a-1")
    clock(KEPT - 1)
    assert show(line, "b-1") == ["a-1"] and show(line, "a-1") == []
    clock(KEPT + 1)
    assert show(line, "b-1") == []
    assert [path.stem for path in (line.folder / line.pool).iterdir()] == ["b-1"]
    clock(1)
    assert show(line, "a-1") == ["b-1"]


def test_who_asks_all_the_time_is_never_forgotten(line, clock):
    show(line, "a-1")
    for _ in range(3 * KEPT):
        clock(0.5)
        show(line, "a-1")
    assert show(line, "b-1") == ["a-1"]


def test_who_is_taken_out_learns_it_once(line, tmp_path):
    show(line, "a-1")
    assert Line(str(tmp_path)).stop("a-1", "by ana@desk") and not Line(str(tmp_path)).stop("../a-1", "")
    assert line.waiting() == [] and show(line, "b-1") == []
    assert line.stopped("a-1") == "by ana@desk"
    assert line.stopped("a-1") == "" and line.stopped("z-1") == ""


def test_what_a_crash_left_half_written_hinders_nobody(line):
    show(line, "a-1")
    for name, text in (("b-1", "{"), ("c-1", "[1]"), ("d-1", '{"id": "d-1"}')):
        (line.folder / line.pool / f"{name}.json").write_text(text)
    assert show(line, "e-1") == ["a-1"] and show(line, "b-1") == ["a-1", "e-1"]


def test_pools_have_lines_of_their_own(tmp_path, line):
    other = Line(str(tmp_path), "other-pool")
    assert show(line, "a-1") == show(other, "b-1") == []
    assert {each.id for each in Line(str(tmp_path)).waiting()} == {"a-1", "b-1"}
