"""The tables of the report of workers and tasks."""

from __future__ import annotations

import io

from ansible_collections.alparque.festival.plugins.module_utils.engines.views import tasks_tables as tables
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks_report import TasksReport
from ansible_collections.alparque.festival.plugins.module_utils.events.lanes import lanes_of
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import read_events
from ansible_collections.alparque.festival.plugins.module_utils.events.tasks import TaskStory
from ansible_collections.alparque.festival.tests.unit.finished_job import Stage, eventful


def read(stage):
    return read_events(io.BytesIO(stage.lines().encode()), TaskStory())


def test_all_tables_of_an_eventful_job():
    told = read(eventful())
    (failure,) = tables.failures(told).rows
    assert (failure["task"], failure["call"], failure["message"]) == (
        17,
        2,
        "Error in f(x) : no guitar for <b>mana</b>",
    )
    assert [row["call"] for row in tables.calls(told).rows] == [
        "1 (start 1)",
        "2 (start 1)",
        "3 (start 1)",
        "1 (start 2)",
        "2 (start 2)",
        "3 (start 2)",
    ]
    assert tables.calls(told).rows[-1]["tasks"] == "100 of 100" and tables.calls(told).rows[-1]["resumed"] == 40
    workers = tables.workers(told, lanes_of(told, TasksReport().sum_up))
    assert workers.summary == "13 in all, of which 2 lost" and workers.open
    assert [row["name"].text for row in workers.rows if row["name"].bad] == ["000000000002/1", "000000000002/2"]
    for section in (tables.failures(told), tables.slowest(told), tables.calls(told), workers):
        assert all(column.key in row for row in section.rows for column in section.columns)


def test_the_slowest_tasks_come_first_and_of_those_that_travel_together_the_mean_counts():
    stage = Stage(1)
    stage.begin(1, 40)
    stage.message(1, 1, 30, 30.0)
    stage.message(1, 31, 1, 2.0)
    rows = tables.slowest(read(stage)).rows
    assert [(row["tasks"], row["seconds"]) for row in rows] == [
        ("task 31", "2.0 s"),
        ("tasks 1–30", "1.0 s on average"),
    ]
