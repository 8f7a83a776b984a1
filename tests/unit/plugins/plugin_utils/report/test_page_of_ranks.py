"""The page of an MPI job: its ranks, and which of them failed first."""

from __future__ import annotations

import html
import re

import pytest
from ansible_collections.alparque.festival.plugins.plugin_utils.report.page import write_report
from ansible_collections.alparque.festival.tests.unit.finished_job import MPI_JOB, Recorded, write_job
from ansible_collections.alparque.festival.tests.unit.mpi_job import Run

BAR = re.compile(r'<rect class="bar ([^"]*)"[^>]*><title>([^<]*)</title>')


@pytest.fixture
def page(tmp_path):
    """Return a function that writes an MPI job's report and returns it as text."""
    return lambda stage=None, **facts: write_report(
        write_job(tmp_path / "job", stage, **{**MPI_JOB, **facts})
    ).read_text()


def test_a_run_that_ended_well(page):
    text = page(Recorded("mpi_events"))
    bars = BAR.findall(text)
    assert len(bars) == 12 and not any("failed" in kinds or "unended" in kinds for kinds, _ in bars)
    assert "rank 3, run 1: 6.9 s, 0.78 s of CPU time, 26.2 MB · aterciopelados" in [title for _, title in bars]
    assert "<dt>MPI</dt><dd>Open MPI 5.0.7</dd>" in text
    assert "<dd>aterciopelados: 4, fabulosos-cadillacs: 4, mana: 4</dd>" in text
    assert 'id="runs"' not in text and "calls" not in text


def test_a_run_with_a_killed_rank_and_the_next_one(page):
    text = page(Recorded("mpi_events_killed"))
    bars = BAR.findall(text)
    assert sum("failed" in kinds for kinds, _ in bars) == 8 and sum("after" in kinds for kinds, _ in bars) == 7
    assert sum("unended" in kinds for kinds, _ in bars) == 4 and len(bars) == 24
    assert text.count('<use class="mark" href="#m-lost"') == 1, "one rank failed first"
    assert text.count('<span class="gone">ended with exit code 14</span>') == 7
    assert re.findall(r'<code class="first"[^>]*>([^<]*)', text) == ["rank 5"]
    assert ">run 1</span>" in text and ">run 2</span>" in text


def test_of_a_rank_whose_end_nobody_told_it_is_said_so(page):
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.finish(4, 1, cpu=[None], memory=[None])
    text = page(run, state="stopped")
    assert "its end was not told" in text and "unended" in [kinds.split()[-1] for kinds, _ in BAR.findall(text)]


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
