"""The story of runs and their ranks."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.ranks import Rank, ending, rank_end
from ansible_collections.alparque.festival.tests.unit.mpi_job import Run, moved, read_ranks


def test_a_run_that_ended_well(recorded):
    told = read_ranks(recorded("mpi_events.jsonl"))
    assert told.progress() == (12, 12) and told.peak == 12 and told.ended and not told.failures
    assert told.ranks_per_host() == {"aterciopelados": 4, "fabulosos-cadillacs": 4, "mana": 4}
    assert [(rank.run, rank.cause) for rank in told.ranks] == [(1, "")] * 12 and len(told.bars) == 12


def test_a_run_with_a_killed_rank_and_the_next_one(recorded):
    told = read_ranks(recorded("mpi_events_killed.jsonl"))
    assert told.progress() == (12, 12) and len(told.ranks) == 24 and told.losses == 0
    (first,) = [rank for rank in told.ranks if rank.first_to_fail]
    assert (first.name, first.run, first.host, first.cause) == ("rank 5", 1, "fabulosos-cadillacs", "signal 9")
    assert [told.count(kind) for kind in ("failed", "lost", "run", "restart")] == [8, 1, 1, 0]


@pytest.mark.parametrize("name", ["mpi_events.jsonl", "mpi_events_killed.jsonl"])
def test_without_details_the_figures_are_the_same_and_the_ranks_those_of_the_last_run(recorded, name):
    full, short = read_ranks(recorded(name)), read_ranks(recorded(name), detailed=False)
    for story in (full, short):
        story.figures = (story.progress(), story.losses, story.count("failed"), story.peak, story.cpu_seconds)
    assert short.figures == full.figures and short.ranks_per_host() == full.ranks_per_host()
    assert len(short.ranks) == 12 and not short.bars and not short.marks


def test_a_rank_that_moved_is_a_worker_on_each_host():
    told = moved().story()
    assert {worker.name: worker.host for worker in told.workers.values()} == {
        "rank 0": "ana",
        "rank 1": "mana",
        "rank 1 on berta": "berta",
    }
    assert told.losses == 1 and told.ranks_per_host() == {"ana": 1, "berta": 1}


def test_what_ends_after_its_end_does_not_end_twice():
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.finish(4, 0, cpu=[1.0])
    run.lose(5, 0, "ana", "closed")
    run.lose(5, 1, "mana", "exit code 5")
    told = run.story()
    assert [(rank.cause, rank.cpu, rank.memory) for rank in told.ranks] == [
        ("", 1.0, None),
        ("exit code 5", None, None),
    ]
    assert len(told.bars) == 2 and told.progress() == (1, 2) and [failure.first for failure in told.failures] == [2]


def test_a_master_that_was_started_again_runs_its_ranks_anew():
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.tell("start", 5, engine="mpi", expected=2, resumed=True)
    run.begin(1, 6, "ana", "mana")
    run.finish(9, 0, 1, began=7)
    told = run.story()
    assert [(rank.run, rank.cause) for rank in told.ranks] == [(1, None), (1, None), (2, ""), (2, "")]
    assert told.progress() == (2, 2) and told.peak == 2 and told.count("restart") == 1


def test_a_rank_whose_end_nobody_told_was_there_until_the_end():
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.finish(4, 1, cpu=[None], memory=[None])
    told = run.story()
    assert list(told.present) == ["rank 0"] and told.cpu_seconds is None
    assert rank_end(told.ranks[0]) == "its end was not told" and rank_end(told.ranks[1]) == "ended well"


@pytest.mark.parametrize("name", ["master", "rank x", "", "rank ²"])
def test_a_rank_without_a_number_is_none(name):
    run = Run()
    run.begin(1, 0, "ana")
    run.tell("join", 2, worker=name, host="mana")
    assert [rank.name for rank in run.story().ranks] == ["rank 0"]


@pytest.mark.parametrize(
    ("cause", "words", "failed"),
    [
        ("signal 11", "ended by signal 11", True),
        ("exit code 5", "ended with exit code 5", True),
        ("silent", "was lost with its container (silent)", True),
        ("stopped", "was stopped because another had failed", False),
    ],
)
def test_causes_in_words(cause, words, failed):
    assert ending(cause) == words and ending(cause, "mana") == f"on mana {words}"
    rank = Rank(None, 1, "rank 0", "rank 0", 0, "mana", "", 1.0, 3.0, cause)
    assert rank.failed is failed and rank.unended is not failed and rank.seconds == 2
