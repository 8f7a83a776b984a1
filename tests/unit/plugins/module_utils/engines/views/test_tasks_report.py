"""The words of the report of workers and tasks."""

from __future__ import annotations

import io

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks_report import TasksReport
from ansible_collections.alparque.festival.plugins.module_utils.events.lanes import Lane, lanes_of
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import read_events
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Bar, Call, Mark, Worker
from ansible_collections.alparque.festival.plugins.module_utils.events.tasks import TaskStory
from ansible_collections.alparque.festival.tests.unit.finished_job import BEGAN, Stage, eventful

REPORT = TasksReport()


def read(stage):
    return read_events(io.BytesIO(stage.lines().encode()), TaskStory())


def test_the_figures_are_what_the_events_say():
    stage = Stage(2)
    stage.begin(1, 4)
    for task in range(1, 5):
        stage.message(1, task, 1, 2.0)
    stage.tell("end", BEGAN + 5)
    told = read(stage)
    figures = {figure.label: figure.value for figure in REPORT.figures(told, lanes_of(told, REPORT.sum_up), 5.0)}
    assert figures["speed-up"] == "1.6×" and figures["tasks done"] == "4" and figures["workers at most"] == "2"
    # Each worker was there from 0.2 s to 5 s and computed for 4 s.
    assert figures["utilisation"] == "83%"


def test_a_job_in_a_sentence_or_two():
    assert REPORT.lede(read(eventful()), 40.0) == (
        "280 tasks on 12 workers, on 3 hosts in 40.0 s. One after the other they would have taken 4 min 50 s. "
        "2 workers were lost; what they held was done by others. The master was started again once. 1 task failed."
    )


def test_incidents_are_what_happened_besides_work():
    told = REPORT.incidents(read(eventful()))
    assert [incident.kind for incident in told] == ["lost", "lost", "retry", "join", "restart", "join"]
    assert told[1].text == "was lost (silent); its 2 tasks went to others"
    assert told[0].text == "was lost (closed); it held no task"
    assert told[-1].text == "11 workers joined" and told[-1].worker == ""


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (Mark("join", 1, "a", "mana"), "joined from mana"),
        (Mark("lost", 1, "a", "mana", count=1), "was lost (no cause told); its task went to another"),
        (
            Mark("retry", 1, "a", call=Call(0, 2, 0), first=4, count=2, attempt=3),
            "tasks 4–5 of call 2, which it had, went to another (attempt 3)",
        ),
        (Mark("restart", 1), "the master was started again"),
    ],
)
def test_marks_in_words(mark, text):
    assert REPORT.text(mark) == text


def test_overlapping_messages_of_a_worker_are_not_counted_twice():
    call = Call(0, 1, 0)
    lane = Lane(Worker("a", spans=[[0, 10]]), [Bar(0, 4, "a", call, 1, 1, 1), Bar(2, 6, "a", call, 2, 1, 1)])
    REPORT.sum_up(lane)
    assert (lane.busy, lane.there, lane.utilisation) == (6, 10, 0.6)


def test_titles_and_looks_of_bars():
    call = Call(0, 3, 0)
    bars = [Bar(0, 1, "a", call, 1, 2, 1), Bar(1, 2.5, "a", call, 3, 1, 2)]
    assert REPORT.title(bars[:1], True) == "tasks 1–2, call 3: 1.0 s, attempt 1, failed · a"
    assert REPORT.title(bars, False) == "3 tasks in 2 messages, from task 1 on, call 3: 2.5 s, attempt 2 · a"
    assert REPORT.kinds(bars, True, True) == ["odd", "again", "failed"] and REPORT.kinds(bars[:1], False, False) == []
