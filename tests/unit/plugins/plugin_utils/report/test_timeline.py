"""The timeline: where everything is drawn."""

from __future__ import annotations

import io

from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.view import RanksView
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import read_events
from ansible_collections.alparque.festival.plugins.plugin_utils.report.timeline import MOST_CALLS, make_timeline
from ansible_collections.alparque.festival.tests.unit.finished_job import Stage
from ansible_collections.alparque.festival.tests.unit.mpi_job import moved


def drawn(text, view):
    return make_timeline(read_events(io.BytesIO(text.encode()), view.story()), view.report)


def test_a_job_as_a_real_master_told_it(recorded):
    """A worker's process, a worker's container and the master's container killed; two containers added."""
    timeline = drawn(recorded("events.jsonl"), TasksView())
    told = timeline.story
    assert told.progress() == (230, 230)
    assert [told.count(kind) for kind in ("lost", "retry", "restart")] == [3, 3, 1]
    assert told.peak == 10 and len(told.workers) == 12 and told.ended and len(told.failures) == 1
    assert list(timeline.hues) == ["aterciopelados", "fabulosos-cadillacs", "mana"]
    bars = sum(len(row.drawn) for row in timeline.rows)
    assert bars == len(told.bars) > 230, "what the first master had done is drawn as well"
    assert timeline.together == 0
    bands = timeline.bands()
    assert all(band["x"] + band["width"] <= after["x"] + 0.01 for band, after in zip(bands, bands[1:], strict=False))
    assert all(0 <= lane.utilisation <= 1 for lane in timeline.lanes)
    assert [mark["kind"] for mark in timeline.marks()].count("retry") == 3


def test_a_rank_that_moved_has_a_row_on_each_host():
    timeline = drawn(moved().lines(), RanksView())
    rows = [(row.lane.worker.host, row.lane.label, len(row.drawn), row.lane.marked) for row in timeline.rows]
    assert rows == [("ana", "rank 0", 2, False), ("berta", "rank 1", 1, False), ("mana", "rank 1", 1, True)]
    assert [(mark["kind"], mark["title"]) for mark in timeline.marks()] == [
        ("lost", "5.0 s: rank 1 on mana was lost with its container (closed)"),
        ("run", "10.0 s: run 2 was started"),
    ]


def test_too_many_calls_have_no_bands():
    stage = Stage(1)
    for number in range(1, MOST_CALLS + 2):
        stage.call(number, 1, 0.01)
    timeline = drawn(stage.lines(), TasksView())
    assert timeline.bands() == [] and timeline.untold() == MOST_CALLS + 1
