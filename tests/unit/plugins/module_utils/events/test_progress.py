"""How far a job is: from the events to the words that a user reads."""

from __future__ import annotations

import json

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.events.progress import (
    FAILURES_TOLD,
    Progress,
    bar,
    clock,
    follow,
    plain,
    seconds_left,
    skimmed,
)
from ansible_collections.alparque.festival.plugins.plugin_utils.screen import PLAIN_EVERY, Screen, turn_seconds


def line(event: str, time: float, **fields) -> str:
    return json.dumps({"event": event, "time": time, **fields}) + "\n"


def batch(time: float, *counts: int) -> str:
    return line("tasks", time, call=1, first=[1] * len(counts), count=list(counts))


GATHERED = line("start", 100, expected=2) + "".join(line("join", 101, worker=f"c/{i}", host="mana") for i in (1, 2))
#: Where the ranks of the recorded run were that failed after the first.
HOSTS = ["fabulosos-cadillacs"] * 3 + ["mana"]
WORKING = GATHERED + line("call", 102, call=1, function="festival_lapply", tasks=40)


def after(*events: str) -> tuple[Progress, list[str]]:
    progress = Progress()
    return progress, follow(progress, "".join(events))


def test_tasks_rate_and_time_left_are_those_of_the_call():
    progress, told = after(WORKING, batch(107, 4, 6))
    assert told == []
    assert plain(progress, 10, 112) == "0:10  10 of 40 tasks, 1/s, 2 workers, 0:30 left, festival_lapply"
    follow(progress, batch(112, 30))
    assert seconds_left(progress, 112) == 0
    follow(progress, line("call", 113, call=2, function="clusterApply", tasks=None) + batch(114, 1))
    assert plain(progress, 14, 115) == "0:14  1 task, 0.5/s, 2 workers, clusterApply"


def test_skimmed_events_say_the_same_in_few_words():
    many = [range(2000), [1] * 2000, ["c/1"] * 2000]
    columns = dict(zip(("first", "count", "worker"), map(list, many), strict=True))
    # As R writes it, without spaces.
    short = json.dumps({"event": "tasks", "time": 107, "call": 1, **columns}, separators=(",", ":")) + "\n"
    events = WORKING + short + '{"event":"tasks","count":"?"}\n' + batch(108, 4) + line("lost", 109, worker="c/2")
    skim = skimmed(events)
    assert len(skim) < 1000 < len(short)
    assert skim.splitlines()[-3:] == events.splitlines()[-3:]
    assert after(skim) == after(events) and after(skim)[0].done == 2004


def test_the_rate_is_that_of_the_last_minute():
    progress, _ = after(WORKING.replace("40", "4000"), *(batch(103 + i, 10) for i in range(40)))
    follow(progress, "".join(batch(200 + i, 1) for i in range(60)))
    assert " 1/s," in plain(progress, 160, 259) and progress.done == 460


def test_losses_and_who_comes_after_them_are_told():
    progress, told = after(
        WORKING,
        line("lost", 103, worker="c/2", host="mana", cause="silent", tasks=3),
        line("join", 104, worker="d/1", host="ana"),
    )
    assert told == [
        "worker c/2 on mana was lost (silent); 3 tasks handed to others",
        "worker d/1 on ana joined",
    ]
    assert "2 workers, 1 lost" in plain(progress, 5, 105)
    follow(progress, line("lost", 106, worker="d/1", cause="closed", tasks=0))
    assert "1 of 2 workers, 2 lost" in plain(progress, 6, 106)


def test_a_master_that_starts_again_has_no_worker_yet_and_finds_results():
    again = line("start", 200, expected=2, resumed=True)
    progress, told = after(WORKING, again, line("call", 201, call=1, function="f", tasks=40))
    told += follow(progress, line("resumed", 201, call=1, tasks=30))
    assert told == ["the script starts again", "30 results taken from the checkpoint"]
    assert progress.workers == {} and plain(progress, 5, 202) == "0:05  30 of 40 tasks, f"


def test_results_of_the_checkpoint_say_nothing_of_the_speed():
    progress, _ = after(WORKING, line("resumed", 102, call=1, tasks=30), batch(107, 5))
    assert plain(progress, 7, 107) == "0:07  35 of 40 tasks, 1/s, 2 workers, 0:05 left, festival_lapply"


def test_only_the_first_failures_are_told():
    failures = [line("failed", 103, call=1, task=i, message="no guitar") for i in range(FAILURES_TOLD + 3)]
    progress, told = after(WORKING, *failures)
    assert told[0] == "task 0 failed: no guitar" and len(told) == FAILURES_TOLD
    assert progress.failures == FAILURES_TOLD + 3


@pytest.mark.parametrize(
    "strange",
    [
        '{"event": "tasks", "time": 1',
        "oye mi amor\n",
        "[1, 2]\n",
        "null\n",
        '{"event": "tasks", "time": 1}\n',
        '{"event": "tasks", "time": 1, "count": ["x"]}\n',
        '{"event": "serenade", "time": 1}\n',
        '{"event": []}\n',
    ],
)
def test_a_line_that_is_none_of_ours_changes_nothing(strange):
    progress, told = after(WORKING, batch(103, 2), strange)
    assert told == [] and progress == after(WORKING, batch(103, 2))[0]


def test_what_the_script_says_itself_is_shown():
    progress, _ = after(GATHERED, line("progress", 103, done=1, total=4, message="two\n words"))
    assert plain(progress, 3, 103) == "0:03  1 of 4, 2 workers, two words"
    assert bar(progress, 3, 103, 200).startswith("[======..................]  25%")
    follow(progress, line("progress", 104, done=None, total=None, message=None))
    assert plain(progress, 4, 104) == "0:04  2 workers"


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_bar_never_breaks_its_line(columns):
    progress, _ = after(WORKING, batch(103, 10))
    assert len(bar(progress, 10, 110, columns)) < columns


def test_without_an_end_in_sight_the_bar_moves():
    assert bar(Progress(), 1, 1, 80) != bar(Progress(), 2, 2, 80)
    assert plain(Progress(), 2, 2) == "0:02  running" and plain(Progress(), 2) == "0:02  ended"


@pytest.mark.parametrize(("seconds", "text"), [(7.9, "0:07"), (754, "12:34"), (3723, "1:02:03")])
def test_clock(seconds, text):
    assert clock(seconds) == text


RANKS = line("start", 100, expected=4, engine="mpi") + line("call", 101, call=1, function="mpirun", tasks=4)
RUNNING = RANKS + "".join(line("join", 102, worker=f"rank {i}", host=f"h{i % 3}") for i in range(4))


def test_an_mpi_job_has_ranks_and_no_speed():
    assert plain(after(RANKS)[0], 1, 101) == "0:01  starting 4 ranks"
    progress, told = after(*RUNNING.splitlines(keepends=True)[:-1])
    assert plain(progress, 2, 102) == "0:02  3 of 4 ranks on 3 hosts"
    progress, told = after(RUNNING, batch(130, 1), line("progress", 131, done=3, total=6, message="half"))
    assert told == []
    assert plain(progress, 40, 140) == "0:40  4 ranks on 3 hosts, 1 of 4 ended, 3 of 6, half"
    assert bar(progress, 40, 140, 200).startswith("[============............]  50%")
    assert plain(after(RUNNING, batch(130, 1))[0], 40) == "0:40  4 ranks on 3 hosts, 1 of 4 ended"


def test_that_some_ranks_have_ended_is_no_share_of_the_whole():
    progress, _ = after(RUNNING, batch(130, 1, 1, 1))
    assert "%" not in bar(progress, 40, 140, 200) and seconds_left(progress, 140) is None


def test_what_became_of_ranks_is_told_but_not_of_those_that_are_stopped():
    ends = ["signal 9", "exit code 5", "closed", "stopped"]
    progress, told = after(
        RUNNING, *(line("lost", 110, worker=f"rank {i}", host=f"h{i}", cause=cause) for i, cause in enumerate(ends))
    )
    assert told == [
        "rank 0 on h0 ended by signal 9",
        "rank 1 on h1 ended with exit code 5",
        "rank 2 on h2 was lost with its container (closed)",
    ]
    assert plain(progress, 10, 110) == "0:10  4 ranks on 3 hosts, 3 failed"
    again = line("call", 115, call=2, function="mpirun", tasks=4)
    assert follow(progress, again) == ["the run starts again (2)"]
    assert plain(progress, 15, 115) == "0:15  starting 4 ranks, run 2"


def test_ranks_as_a_real_run_had_them(recorded):
    progress, told = after(recorded("mpi_events_killed.jsonl"))
    assert told[0] == "rank 5 on fabulosos-cadillacs ended by signal 9"
    assert told[1:] == [
        *(f"rank {number} on {host} ended with exit code 14" for number, host in zip((6, 7, 4, 8), HOSTS, strict=True)),
        "the run starts again (2)",
    ]
    assert plain(progress, 15) == "0:15  12 ranks on 3 hosts, 12 of 12 ended, run 2"


@pytest.fixture
def screen():
    """A screen without a terminal; ``screen.said`` are its lines."""
    said = []
    screen = Screen(said.append, columns=0, log=True)
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


def test_plain_lines_come_only_now_and_then_and_only_with_news(screen):
    screen.take(news(1, WORKING))
    screen.take(news(2, batch(103, 5)))
    assert screen.said == ["0:01  0 of 40 tasks, 2 workers, festival_lapply"]
    screen.take(news(1 + PLAIN_EVERY, batch(111, 5)))
    assert len(screen.said) == 2 and "10 of 40 tasks" in screen.said[1]


def test_losses_and_output_are_shown_at_once(screen):
    screen.take(news(1, WORKING, "hola\nmundo\n"))
    screen.take(news(2, line("lost", 103, worker="c/1", cause="closed")))
    assert screen.said[:2] == ["hola", "mundo"] and screen.offsets == {"events_from": 1, "log_from": 2}
    assert screen.said[-1] == "0:02  worker c/1 on mana was lost (closed)"


def test_long_jobs_are_asked_less_often():
    assert [turn_seconds(elapsed, 80) for elapsed in (0, 10, 30, 3600)] == [3, 1, 3, 5]
    assert [turn_seconds(elapsed, 0) for elapsed in (0, 10, 30, 3600)] == [3, 3, 7, 15]
