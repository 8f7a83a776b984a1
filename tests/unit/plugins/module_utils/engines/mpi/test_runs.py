"""What became of the ranks of a run, in words."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.runs import (
    first_failure,
    others,
    per_run,
    share,
    told,
    total,
)
from ansible_collections.alparque.festival.tests.unit.mpi_job import Run, moved


@pytest.mark.parametrize(
    ("causes", "words"),
    [
        (["closed"], ""),
        (["closed", "stopped"], "1 other rank was stopped"),
        (["closed", "exit code 1", "exit code 1"], "2 other ranks failed after it"),
        (["closed", "exit code 1", "stopped", "stopped"], "1 other rank failed after it and 2 were stopped"),
    ],
)
def test_the_first_failure_and_the_others(causes, words):
    run = Run()
    run.begin(1, 0, *["ana"] * len(causes))
    for rank, cause in enumerate(causes):
        run.lose(5, rank, "ana", cause)
    ranks = run.story().ranks
    assert others(ranks) == words
    first = "rank 0 on ana was lost with its container (closed) after 4.0 s"
    assert first_failure(ranks) == (f"{first}; {words}" if words else first)


def test_where_none_failed():
    runs = per_run(moved().story())
    assert list(runs) == [1, 2] and first_failure(runs[2]) == "" and first_failure(runs[1])


def test_what_is_not_known():
    assert total([None, 1.0, 2.0]) == 3 and total([None]) is None and told(None, str) == "–" and told(2.0, str) == "2.0"
    assert share(1.0, 4) == 25 and share(None, 4) is None and share(1.0, 0) is None
