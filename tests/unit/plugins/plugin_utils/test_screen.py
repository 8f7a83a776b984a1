"""What a user sees of a running job, on a terminal and elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView
from ansible_collections.alparque.festival.plugins.plugin_utils.screen import (
    CLEAR,
    PLAIN_EVERY,
    Screen,
    terminal_columns,
    turn_seconds,
)
from ansible_collections.alparque.festival.tests.unit.watched_job import WORKING, batch, line

COLLECTIONS = Path(__file__).parents[4] / ".collections"
#: Read the action as Ansible does before it forks, then say what it knows of the terminal and what became of stdout.
LOOKS = """
import sys
sys.path[:0] = [{collections!r}]
before = sys.stdout.line_buffering, sys.stdout.write_through
from ansible_collections.alparque.festival.plugins.action import job
assert (sys.stdout.line_buffering, sys.stdout.write_through) == before, "importing has changed stdout"
print(job.COLUMNS, file=sys.stderr)
"""


@pytest.fixture
def screen():
    """A screen without a terminal; ``screen.said`` are its lines."""
    said = []
    screen = Screen(said.append, 0, True, TasksView())
    screen.said = said
    return screen


def news(elapsed: float, events: str = "", log: str = "", missing: str = "") -> dict:
    told = {"events": events, "log": log, "missing": missing, "elapsed": elapsed, "now": 100 + elapsed}
    return {**told, "events_from": 1, "log_from": 2}


def test_workers_that_are_missing_are_told_once(screen):
    for elapsed in (4, 6, 8):
        screen.take(news(elapsed, missing="1 of 3 workers is missing: carla (cut off? playbooks/status.yml)"))
    assert [text for text in screen.said if "carla" in text] == [
        "0:04  1 of 3 workers is missing: carla (cut off? playbooks/status.yml)"
    ]


@pytest.mark.parametrize("columns", [0, 80])
def test_a_large_file_on_its_way_is_told_and_nothing_of_it_stays_on_a_terminal(tmp_path, monkeypatch, columns):
    monkeypatch.setattr("ansible_collections.alparque.festival.plugins.plugin_utils.screen.PLAIN_EVERY", 0.1)
    said = []
    screen = Screen(lambda text, **_: said.append(text), columns, False, TasksView())
    (tmp_path / "results.tar").write_bytes(bytes(1_000_000))
    with screen.fetching(tmp_path / "results.tar", 4_000_000):
        deadline = time.monotonic() + 10
        while not said:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert said[0].endswith("Results on their way: 1 of 4 MB")
    assert (said[-1] == CLEAR) == bool(columns)
    told = len(said)
    with screen.fetching(tmp_path / "results.tar", 1):
        pass
    assert len(said) == told


def test_what_is_waited_for_is_told_again_only_where_it_has_changed(screen):
    for seconds in (250.0, 235.0):
        screen.wait("Job b-1 waits for pool p, held by job a-1", seconds)
    screen.wait("Job b-1 waits for pool p, held by job c-1", None)
    assert screen.said == [
        "Job b-1 waits for pool p, held by job a-1; about 4:10 more.",
        "Job b-1 waits for pool p, held by job c-1.",
    ]


def test_on_a_terminal_the_time_to_wait_goes_on():
    drawn = []
    screen = Screen(lambda text, **how: drawn.append((text, how)), 80, True, TasksView())
    for seconds in (250.0, 235.0):
        screen.wait("Job b-1 waits", seconds)
    in_place = {"newline": False, "screen_only": True}
    assert [text for text, how in drawn if how == in_place] == [f"{CLEAR}about 4:10 more", f"{CLEAR}about 3:55 more"]


def test_plain_lines_come_only_now_and_then_and_only_with_news(screen):
    screen.take(news(1, WORKING))
    screen.take(news(2, batch(103, 5)))
    assert screen.said == ["0:01  0 of 40 tasks, 2 workers, festival_lapply"]
    screen.take(news(1 + PLAIN_EVERY, batch(111, 5)))
    assert len(screen.said) == 2 and "10 of 40 tasks" in screen.said[1]


def test_losses_and_output_are_shown_at_once(screen):
    screen.take(news(1, WORKING, "hola\n\x1b[2Jmundo\n"))
    screen.take(news(2, line("lost", 103, worker="c/1", cause="closed")))
    assert screen.said[:2] == ["hola", "\\x1b[2Jmundo"] and screen.offsets == {"events_from": 1, "log_from": 2}
    assert screen.said[-1] == "0:02  worker c/1 on mana was lost (closed)"


def test_the_last_line_sums_up_what_the_results_have_besides(screen, tmp_path):
    (tmp_path / "events.jsonl").write_text("?" + batch(104, 40))
    (tmp_path / "log.txt").write_text("ab" + "late\n")
    screen.take(news(1, WORKING))
    screen.end(tmp_path, 5)
    assert screen.said[1:] == ["late", "0:05  40 of 40 tasks, 2 workers, festival_lapply"]


def test_a_job_that_told_nothing_has_no_last_line(screen, tmp_path):
    (tmp_path / "log.txt").write_text("")
    screen.end(tmp_path, 5)
    assert screen.said == []


def test_on_a_terminal_a_line_goes_above_the_bar():
    drawn = []
    screen = Screen(lambda text, **how: drawn.append((text, how)), 80, False, TasksView())
    screen.take(news(1, WORKING))
    screen.line("hola")
    bar, cleared, line_above = drawn
    assert bar[0].startswith(CLEAR + "[") and bar[1] == cleared[1] == {"newline": False, "screen_only": True}
    assert cleared[0] == CLEAR and line_above == ("hola", {})


def test_long_jobs_are_asked_less_often():
    assert [turn_seconds(elapsed, 80) for elapsed in (0, 10, 30, 3600)] == [3, 1, 3, 5]
    assert [turn_seconds(elapsed, 0) for elapsed in (0, 10, 30, 3600)] == [3, 3, 7, 15]


@pytest.mark.parametrize("settings", [{"TERM": "dumb"}, {"CI": "true"}, {"TERM": ""}])
def test_not_every_terminal_can_have_a_bar(settings, monkeypatch):
    for key, value in {"TERM": "xterm", "CI": "", "COLUMNS": "90"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(sys, "stdout", type("Terminal", (), {"isatty": lambda self: True})())
    assert terminal_columns() == 90
    for key, value in settings.items():
        monkeypatch.setenv(key, value) if value else monkeypatch.delenv(key)
    assert terminal_columns() == 0


@pytest.mark.parametrize(("terminal", "columns"), [(True, 97), (False, 0)])
def test_reading_the_action_sees_the_terminal_and_leaves_stdout_alone(terminal, columns):
    environment = {key: value for key, value in os.environ.items() if key not in ("CI", "COLUMNS", "PYTHONUNBUFFERED")}
    main, stdout = pty.openpty()
    termios.tcsetwinsize(stdout, (40, 97))
    run = subprocess.run(
        [sys.executable, "-c", LOOKS.format(collections=str(COLLECTIONS))],
        env={**environment, "TERM": "xterm"},
        stdout=stdout if terminal else subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(main)
    os.close(stdout)
    assert run.returncode == 0 and run.stderr.splitlines()[-1] == str(columns), run.stderr
