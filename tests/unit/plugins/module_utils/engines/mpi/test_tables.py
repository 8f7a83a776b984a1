"""The tables of an MPI job's report."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi import tables
from ansible_collections.alparque.festival.tests.unit.mpi_job import Run, moved, read_ranks


def test_a_run_alone_has_no_number(recorded):
    told = read_ranks(recorded("mpi_events.jsonl"))
    assert tables.runs(told).rows == []
    for section in (tables.hosts(told), tables.ranks(told)):
        assert "run" not in [column.key for column in section.columns]
    assert tables.ranks(told).summary.startswith("12 in all, ") and tables.ranks(told).open


def test_runs_of_which_one_failed(recorded):
    told = read_ranks(recorded("mpi_events_killed.jsonl"))
    rows = tables.runs(told).rows
    assert [(row["run"], row["ranks"], row["well"]) for row in rows] == [(1, "12", "0"), (2, "12", "12")]
    assert (
        rows[0]["end"].startswith("rank 5 on fabulosos-cadillacs ended by signal 9 after")
        and "4 were" in rows[0]["end"]
    )
    assert rows[1]["end"] == "ended well"
    ranks = tables.ranks(told)
    assert [row["name"] for row in ranks.rows if row["marked"]] == ["rank 5"]
    assert ranks.rows[5]["end"] == ("", "ended by signal 9", "the first that failed")
    assert ranks.rows[-1]["end"] == ("ended well", "", "") and "each of 2 runs" in ranks.summary


def test_what_each_host_had():
    rows = tables.hosts(moved().story()).rows
    assert [(row["run"], row["host"], row["cpu"], row["percent"]) for row in rows] == [
        (1, "ana", "–", None),
        (1, "mana", "–", None),
        (2, "ana", "8.0 s", 89),
        (2, "berta", "10.0 s", 111),
    ]


def test_of_a_run_whose_end_nobody_told_it_is_said_so():
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.tell("start", 5, engine="mpi", expected=2, resumed=True)
    run.begin(1, 6, "ana", "mana")
    run.finish(9, 0, 1, began=7)
    assert [row["end"] for row in tables.runs(run.story()).rows] == ["its end was not told", "ended well"]
