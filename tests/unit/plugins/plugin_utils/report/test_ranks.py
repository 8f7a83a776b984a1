"""The report of an MPI job: its runs and ranks, what they took, and which of them failed first."""

from __future__ import annotations

import html
import json
import re

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import read_events
from ansible_collections.alparque.festival.plugins.module_utils.events.story import ending
from ansible_collections.alparque.festival.plugins.plugin_utils.report import ranks
from ansible_collections.alparque.festival.plugins.plugin_utils.report.page import write_report
from ansible_collections.alparque.festival.plugins.plugin_utils.report.timeline import make_timeline
from ansible_collections.alparque.festival.tests.unit.finished_job import BEGAN, MPI_JOB, Recorded, write_job

BAR = re.compile(r'<rect class="bar ([^"]*)"[^>]*><title>([^<]*)</title>')


class Run:
    """Writes the events of an MPI job."""

    def __init__(self) -> None:
        self.events = []
        self.tell("start", 0, engine="mpi", expected=2)

    def tell(self, event, time, **facts):
        self.events.append({"event": event, "time": BEGAN + time, **facts})

    def begin(self, number, time, *hosts):
        self.tell("call", time, call=number, function="mpirun", tasks=len(hosts))
        for rank, host in enumerate(hosts):
            self.tell("join", time + 1, worker=f"rank {rank}", host=host, container=f"c-{host}", pid=70)

    def lose(self, time, rank, host, cause):
        self.tell("lost", time, worker=f"rank {rank}", host=host, cause=cause, tasks=1)

    def finish(self, time, *ranks, began=1.0, **facts):
        lists = {"worker": [f"rank {rank}" for rank in ranks], "first": [rank + 1 for rank in ranks]}
        lists.update(count=[1] * len(ranks), start=[BEGAN + began] * len(ranks), end=[BEGAN + time] * len(ranks))
        self.tell("tasks", time, call=1, **lists, **facts)

    def lines(self):
        return "".join(f"{json.dumps(event)}\n" for event in self.events)

    def story(self):
        return read_events(self.lines().splitlines())


@pytest.fixture
def page(tmp_path):
    """Return a function that writes an MPI job's report and returns it as text."""
    return lambda stage=None, **facts: write_report(
        write_job(tmp_path / "job", stage, **{**MPI_JOB, **facts})
    ).read_text()


def figures(story):
    return {figure["label"]: figure["value"] for figure in ranks.figures(story, story.seconds)}


def moved():
    """Return a job whose rank 1 was lost with its container, and ran on another host when the job was run again."""
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.lose(5, 1, "mana", "closed")
    run.lose(6, 0, "ana", "stopped")
    run.begin(2, 10, "ana", "berta")
    run.finish(20, 0, 1, began=11, cpu=[8.0, 10.0], memory=[10**8, 2 * 10**8])
    run.tell("done", 20, call=2)
    run.tell("end", 20)
    return run


def test_a_run_that_ended_well(recorded, page):
    told = read_events(recorded("mpi_events.jsonl").splitlines())
    assert told.progress() == (12, 12) and told.peak == 12 and told.ended and not told.failures
    assert figures(told) == {
        "elapsed": "7.7 s",
        "ranks": "12",
        "CPU time": "9.0 s",
        "utilisation": "10%",
        "most memory": "42.5 MB",
        "runs": "1",
    }
    assert ranks.lede(told, told.seconds) == "12 ranks on 3 hosts in 7.7 s, with 9.0 s of CPU time."
    assert ranks.incidents(told) == [] and ranks.runs(told) == []
    text = page(Recorded("mpi_events"))
    bars = BAR.findall(text)
    assert len(bars) == 12 and not any("failed" in kinds or "unended" in kinds for kinds, _ in bars)
    assert "rank 3, run 1: 6.9 s, 0.78 s of CPU time, 26.2 MB · aterciopelados" in [title for _, title in bars]
    assert "<dt>MPI</dt><dd>Open MPI 5.0.7</dd>" in text
    assert "<dd>aterciopelados: 4, fabulosos-cadillacs: 4, mana: 4</dd>" in text
    assert 'id="runs"' not in text and "calls" not in text


def test_a_run_with_a_killed_rank_and_the_next_one(recorded, page):
    told = read_events(recorded("mpi_events_killed.jsonl").splitlines())
    assert told.progress() == (12, 12) and len(told.ranks) == 24
    (first,) = [rank for rank in told.ranks if rank.first_to_fail]
    assert (first.name, first.run, first.host, first.cause) == ("rank 5", 1, "fabulosos-cadillacs", "signal 9")
    assert ranks.lede(told, told.seconds) == (
        "12 ranks on 3 hosts in 14.8 s, with 9.2 s of CPU time. In run 1 rank 5 on fabulosos-cadillacs ended by signal 9 "
        "after 4.5 s; 7 other ranks failed after it and 4 were stopped. Run 2 ended well."
    )
    assert [(row["run"], row["ranks"], row["well"]) for row in ranks.runs(told)] == [
        (1, "12", "0"),
        (2, "12", "12"),
    ]
    assert [row["kind"] for row in ranks.incidents(told)] == ["lost", "lost", "run"]
    text = page(Recorded("mpi_events_killed"))
    bars = BAR.findall(text)
    assert sum("failed" in kinds for kinds, _ in bars) == 8 and sum("after" in kinds for kinds, _ in bars) == 7
    assert sum("unended" in kinds for kinds, _ in bars) == 4 and len(bars) == 24
    assert text.count('<use class="mark" href="#m-lost"') == 1, "one rank failed first"
    assert text.count('<span class="gone">ended with exit code 14</span>') == 7
    assert re.findall(r'<code class="first"[^>]*>([^<]*)', text) == ["rank 5"]
    assert ">run 1</span>" in text and ">run 2</span>" in text


def test_a_rank_that_moved_has_a_row_on_each_host():
    told = moved().story()
    timeline = make_timeline(told)
    rows = [(lane.worker.host, lane.label, len(lane.drawn), lane.marked) for lane in timeline.lanes]
    assert rows == [("ana", "rank 0", 2, False), ("berta", "rank 1", 1, False), ("mana", "rank 1", 1, True)]
    assert [(mark["kind"], mark["title"]) for mark in timeline.marks()] == [
        ("lost", "5.0 s: rank 1 on mana was lost with its container (closed)"),
        ("run", "10.0 s: run 2 was started"),
    ]
    assert [lane.utilisation for lane in timeline.lanes] == [8 / 9, 10 / 9, 0.0], "threads may take more than the clock"
    assert told.losses == 1 and told.ranks_per_host() == {"ana": 1, "berta": 1}
    # 18 s of CPU time in 20 s of two ranks.
    assert figures(told)["utilisation"] == "45%"
    hosts = [(row["run"], row["host"], row["cpu"], row["percent"]) for row in ranks.hosts(told, {})]
    assert hosts == [
        (1, "ana", "–", None),
        (1, "mana", "–", None),
        (2, "ana", "8.0 s", 89),
        (2, "berta", "10.0 s", 111),
    ]


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
    assert len(told.bars) == 2 and told.progress() == (1, 2) and [failure.task for failure in told.failures] == [2]
    assert "Rank 1 on mana ended with exit code 5 after 4.0 s." in ranks.lede(told, 5.0)


def test_of_a_rank_whose_end_nobody_told_it_is_said_so(page):
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.finish(4, 1, cpu=[None], memory=[None])
    told = run.story()
    assert [told.workers[name].alive for name in ("rank 0", "rank 1")] == [True, False]
    assert figures(told)["CPU time"] == "–" and told.cpu_seconds() is None
    text = page(run, state="stopped")
    assert "its end was not told" in text and "unended" in [kinds.split()[-1] for kinds, _ in BAR.findall(text)]


def test_a_master_that_was_started_again_runs_its_ranks_anew():
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.tell("start", 5, engine="mpi", expected=2, resumed=True)
    run.begin(1, 6, "ana", "mana")
    run.finish(9, 0, 1, began=7)
    told = run.story()
    assert [(rank.run, rank.cause) for rank in told.ranks] == [(1, None), (1, None), (2, ""), (2, "")]
    assert told.progress() == (2, 2) and told.peak == 2
    assert "The master was started again once." in ranks.lede(told, 9.0)
    assert [row["end"] for row in ranks.runs(told)] == ["its end was not told", "ended well"]


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("signal 11", "ended by signal 11"),
        ("exit code 5", "ended with exit code 5"),
        ("silent", "was lost with its container (silent)"),
        ("stopped", "was stopped because another had failed"),
    ],
)
def test_causes_in_words(cause, words):
    assert ending(cause) == words and ending(cause, "mana") == f"on mana {words}"


def test_a_job_that_did_not_get_to_its_ranks(page):
    text = page(state="failed", log="work.c:3: error: expected ';'\n", mpi=["?"])
    assert "The job ended before a rank had started: the log says why." in text
    assert "work.c:3: error" in text and "R printed" not in text
    assert "<dd>mana: 6</dd>" in page(mpi={"ranks_per_host": {"mana": 6}})


def test_nothing_that_a_rank_says_is_taken_for_html(page):
    evil = "<script>alert(1)</script>"
    run = Run()
    run.begin(1, 0, evil, evil)
    run.lose(3, 0, evil, evil)
    run.tell("lost", 4, worker=evil, host=evil, cause=evil)
    text = page(run, mpi={"version": evil, "ranks_per_host": {evil: evil}})
    assert "<script" not in text and text.count(html.escape(evil)) > 10
