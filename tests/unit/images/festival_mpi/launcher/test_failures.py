"""Who is blamed, whoever is heard of first."""

from __future__ import annotations

import multiprocessing

import pytest
from festival_mpi import wire
from festival_mpi.launcher import failures as judge
from festival_mpi.launcher.events import Events
from festival_mpi.launcher.failures import Failures
from festival_mpi.launcher.rank import CLOSED, SILENT, STOPPED, Rank


@pytest.fixture
def failures(machine):
    return Failures(Events(str(machine.folder / "events.jsonl")))


@pytest.fixture
def rank():
    """Return a function that makes a rank, ended by a code unless it is lost."""
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:

        def rank(number: int, code: int | None = None, stopped: bool = False) -> Rank:
            made = Rank(ours, wire.Hello(number, "mana", "c", "10.0.1.2"))
            if code is not None:
                made.end(wire.Ended(code, 0.5, 1000, stopped))
            return made

        yield rank


def causes(machine) -> list[tuple[str, str]]:
    return [(event["worker"], event["cause"]) for event in machine.told("lost")]


def test_who_was_killed_is_the_first_and_those_who_broke_on_it_are_stopped(machine, failures, rank):
    for number, code in enumerate((1, -9, 1)):
        one = rank(number, code)
        failures.note(one, one.cause)
    failures.judge()
    assert failures.first.number == 1 and not failures.waiting()
    assert sorted(causes(machine)) == [("rank 0", STOPPED), ("rank 1", "signal 9"), ("rank 2", STOPPED)]
    # Those who are heard of later have followed.
    failures.note(rank(3, 1), "exit code 1")
    assert causes(machine)[-1] == ("rank 3", STOPPED) and not failures.waiting()


def test_all_that_were_lost_together_are_told_as_lost(machine, failures, rank):
    failures.note(rank(0, 1), "exit code 1")
    for number, cause in ((1, CLOSED), (2, SILENT)):
        failures.note(rank(number), cause)
    failures.judge()
    assert failures.first.number == 1 and failures.first.cause == CLOSED
    assert dict(causes(machine)) == {"rank 0": STOPPED, "rank 1": CLOSED, "rank 2": SILENT}


def test_where_all_were_stopped_nobody_is_blamed_yet(machine, failures, rank):
    failures.note(rank(0, -15, stopped=True), STOPPED)
    failures.judge()
    assert failures.first is None and causes(machine) == [("rank 0", STOPPED)]
    failures.note(rank(1), SILENT)
    failures.judge()
    assert failures.first.number == 1


def test_others_are_waited_for_before_one_is_blamed(failures, rank, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    assert not failures.due()
    failures.note(rank(0, 1), "exit code 1")
    clock[0] += judge.JUDGEMENT / 2
    failures.note(rank(1, 1), "exit code 1")
    assert not failures.due()
    clock[0] += judge.JUDGEMENT
    assert failures.due()


def test_what_a_lost_rank_had_used_is_told(machine, failures, rank):
    failures.note(rank(0, 3), "exit code 3")
    failures.judge()
    [lost] = machine.told("lost")
    assert {**lost, "time": 0} == {
        **{"event": "lost", "time": 0, "worker": "rank 0", "host": "mana", "container": "c"},
        **{"cause": "exit code 3", "tasks": 1, "cpu": 0.5, "memory": 1000},
    }
