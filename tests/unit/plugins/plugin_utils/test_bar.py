"""The one line that tells how a job stands."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView
from ansible_collections.alparque.festival.tests.unit.watched_job import WORKING, Watched, batch


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_bar_never_breaks_its_line(columns):
    assert len(Watched(TasksView(), WORKING, batch(103, 10)).bar(10, 110, columns)) < columns


def test_a_bar_shows_what_is_done():
    assert (
        Watched(TasksView(), WORKING, batch(103, 10)).bar(10, 110).startswith("[======..................]  25%  0:10")
    )


def test_without_an_end_in_sight_the_bar_moves():
    job = Watched(TasksView())
    assert job.bar(1, 1, 80) != job.bar(2, 2, 80)
    assert job.plain(2, 2) == "0:02  running" and job.plain(2) == "0:02  ended"
