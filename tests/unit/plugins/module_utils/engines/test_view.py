"""How an engine's jobs are seen: each view has all that is asked of one."""

from __future__ import annotations

import inspect

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.table import ENGINES, view_of
from ansible_collections.alparque.festival.plugins.module_utils.engines.view import Column, ReportView, Section, View
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView


def methods(protocol):
    return {name for name, _ in inspect.getmembers(protocol, inspect.isfunction) if not name.startswith("_")}


@pytest.mark.parametrize("engine", ["", "an engine of yesterday"])
def test_an_engine_that_nobody_knows_any_more_had_workers_and_tasks(engine):
    assert isinstance(view_of(engine), TasksView)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_view_has_all_that_is_asked_of_one(engine):
    view = view_of(engine)
    for protocol, found in ((View, view), (ReportView, view.report)):
        assert len(methods(protocol)) > 4
        for name in methods(protocol):
            asked = inspect.signature(getattr(protocol, name)).parameters
            assert list(inspect.signature(getattr(found, name)).parameters) == list(asked)[1:], name
    assert view.report.words.one and view.story().detailed and not view.story(detailed=False).detailed


def test_where_nobody_sees_the_tasks_the_report_says_why():
    story = TasksView().story().close()
    assert "festival_engine=socket to get a timeline" in view_of("ssh").report.no_timeline(story)
    assert "in one container, without workers" in view_of("none").report.no_timeline(story)
    assert "before it told anything" in view_of("socket").report.no_timeline(story)


def test_a_section_with_many_rows_is_closed():
    rows = [{"a": 1}] * 3
    assert Section("a", "A", [Column("a", "a")], rows, open_up_to=3).open
    assert not Section("a", "A", [Column("a", "a")], rows, open_up_to=2).open
