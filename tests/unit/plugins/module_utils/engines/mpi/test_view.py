"""What bar and status say of runs and their ranks."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.view import RanksView
from ansible_collections.alparque.festival.tests.unit.watched_job import Watched, batch, line

#: Where the ranks of the recorded run were that failed after the first.
HOSTS = ["fabulosos-cadillacs"] * 3 + ["mana"]

RANKS = line("start", 100, expected=4, engine="mpi") + line("call", 101, call=1, function="mpirun", tasks=4)
RUNNING = RANKS + "".join(line("join", 102, worker=f"rank {i}", host=f"h{i % 3}") for i in range(4))


def after(*events: str) -> Watched:
    return Watched(RanksView(), *events)


def test_an_mpi_job_has_ranks_and_no_speed():
    assert after(RANKS).plain(1, 101) == "0:01  starting 4 ranks"
    job = after(*RUNNING.splitlines(keepends=True)[:-1])
    assert job.plain(2, 102) == "0:02  3 of 4 ranks on 3 hosts"
    job = after(RUNNING, batch(130, 1), line("progress", 131, done=3, total=6, message="half"))
    assert job.told == []
    assert job.plain(40, 140) == "0:40  4 ranks on 3 hosts, 1 of 4 ended, 3 of 6, half"
    assert job.bar(40, 140).startswith("[============............]  50%")
    assert after(RUNNING, batch(130, 1)).plain(40) == "0:40  4 ranks on 3 hosts, 1 of 4 ended"


def test_that_some_ranks_have_ended_is_no_share_of_the_whole():
    job = after(RUNNING, batch(130, 1, 1, 1))
    assert "%" not in job.bar(40, 140)


def test_what_became_of_ranks_is_told_but_not_of_those_that_are_stopped():
    ends = ["signal 9", "exit code 5", "closed", "stopped"]
    job = after(
        RUNNING, *(line("lost", 110, worker=f"rank {i}", host=f"h{i}", cause=cause) for i, cause in enumerate(ends))
    )
    assert job.told == [
        "rank 0 on h0 ended by signal 9",
        "rank 1 on h1 ended with exit code 5",
        "rank 2 on h2 was lost with its container (closed)",
    ]
    assert job.plain(10, 110) == "0:10  4 ranks on 3 hosts, 3 failed"
    again = line("call", 115, call=2, function="mpirun", tasks=4)
    assert job.goes_on(again) == ["the run starts again (2)"]
    assert job.plain(15, 115) == "0:15  starting 4 ranks, run 2"


def test_ranks_as_a_real_run_had_them(recorded):
    job = after(recorded("mpi_events_killed.jsonl"))
    assert job.told[0] == "rank 5 on fabulosos-cadillacs ended by signal 9"
    assert job.told[1:] == [
        *(f"rank {number} on {host} ended with exit code 14" for number, host in zip((6, 7, 4, 8), HOSTS, strict=True)),
        "the run starts again (2)",
    ]
    assert job.plain(15) == "0:15  12 ranks on 3 hosts, 12 of 12 ended, run 2"


def test_a_master_that_starts_again_and_a_rank_of_nobody_knows_where():
    job = after(RUNNING, line("start", 110, expected=4), line("call", 111, call=1, tasks=4))
    assert job.told == ["the master starts again", "the run starts again (2)"]
    assert job.goes_on(line("lost", 112, worker="rank 7")) == [
        "rank 7 on an unknown host was lost with its container (no cause told)"
    ]


def test_job_info_says_where_the_ranks_of_the_last_run_are(recorded):
    figures = RanksView().status(after(recorded("mpi_events_killed.jsonl")).story)
    assert figures["ranks_per_host"] == {"aterciopelados": 4, "fabulosos-cadillacs": 4, "mana": 4}
    assert round(figures["cpu_seconds"], 2) == 9.22
