"""The words of an MPI job's report: what its ranks took, and which of them failed first."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.report import RanksReport
from ansible_collections.alparque.festival.plugins.module_utils.events.lanes import lanes_of
from ansible_collections.alparque.festival.tests.unit.mpi_job import Run, moved, read_ranks

REPORT = RanksReport()


def figures(story):
    return {figure.label: figure.value for figure in REPORT.figures(story, [], story.seconds)}


def test_a_run_that_ended_well(recorded):
    told = read_ranks(recorded("mpi_events.jsonl"))
    assert figures(told) == {
        "elapsed": "7.7 s",
        "ranks": "12",
        "CPU time": "9.0 s",
        "utilisation": "10%",
        "most memory": "42.5 MB",
        "runs": "1",
    }
    assert REPORT.lede(told, told.seconds) == "12 ranks on 3 hosts in 7.7 s, with 9.0 s of CPU time."
    assert REPORT.incidents(told) == [] and REPORT.bands(told) == [] and REPORT.ends(told) == {}


def test_a_run_with_a_killed_rank_and_the_next_one(recorded):
    told = read_ranks(recorded("mpi_events_killed.jsonl"))
    assert REPORT.lede(told, told.seconds) == (
        "12 ranks on 3 hosts in 14.8 s, with 9.2 s of CPU time. In run 1 rank 5 on fabulosos-cadillacs ended by signal 9 "
        "after 4.5 s; 7 other ranks failed after it and 4 were stopped. Run 2 ended well."
    )
    assert [incident.kind for incident in REPORT.incidents(told)] == ["lost", "lost", "run"]
    assert REPORT.incidents(told)[0][2:] == ("rank 5", "on fabulosos-cadillacs ended by signal 9")
    assert [text for _, text in REPORT.bands(told)] == ["run 1", "run 2"]
    assert list(REPORT.ends(told)) == ["failed", "unended"]


def test_a_rank_that_moved_has_a_lane_on_each_host_and_threads_may_take_more_than_the_clock():
    told = moved().story()
    lanes = lanes_of(told, REPORT.sum_up)
    assert [(lane.worker.host, lane.label, lane.utilisation, lane.marked) for lane in lanes] == [
        ("ana", "rank 0", 8 / 9, False),
        ("berta", "rank 1", 10 / 9, False),
        ("mana", "rank 1", 0.0, True),
    ]
    # 18 s of CPU time in 20 s of two ranks.
    assert figures(told)["utilisation"] == "45%"
    assert REPORT.title(lanes[2].bars, True) == ("rank 1, run 1: 4.0 s, was lost with its container (closed) · mana")
    assert [REPORT.kinds(lane.bars, True, lane.marked) for lane in lanes] == [["unended"], [], ["failed"]]


def test_a_master_that_was_started_again_and_a_failure_of_the_only_run():
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.tell("start", 5, engine="mpi", expected=2, resumed=True)
    assert "The master was started again once." in REPORT.lede(run.story(), 9.0)
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.lose(5, 1, "mana", "exit code 5")
    assert "Rank 1 on mana ended with exit code 5 after 4.0 s." in REPORT.lede(run.story(), 5.0)


def test_what_nobody_could_say():
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.finish(4, 1, cpu=[None], memory=[None])
    assert figures(run.story())["CPU time"] == "–"
    empty = read_ranks("")
    assert REPORT.no_timeline(empty).startswith("The job ended before a rank had started") and not REPORT.lede(empty, 1)


def test_facts_are_those_of_the_events_or_else_those_that_mpi_gave():
    told = read_ranks("")
    assert dict(REPORT.facts({"mpi": ["?"]}, told))["ranks per host"] == ""
    facts = dict(REPORT.facts({"mpi": {"version": "Open MPI 5", "ranks": 6, "ranks_per_host": {"mana": 6}}}, told))
    assert facts == {"MPI": "Open MPI 5", "ranks": 6, "ranks per host": "mana: 6", "runs": None}
    assert dict(REPORT.facts({}, moved().story()))["ranks per host"] == "ana: 1, berta: 1"
