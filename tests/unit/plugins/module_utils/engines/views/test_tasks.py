"""What bar and status say of workers and tasks."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView
from ansible_collections.alparque.festival.plugins.module_utils.events.tasks import FAILURES_TOLD
from ansible_collections.alparque.festival.tests.unit.watched_job import GATHERED, WORKING, Watched, batch, line


def after(*events: str) -> Watched:
    return Watched(TasksView(), *events)


def test_tasks_rate_and_time_left_are_those_of_the_call():
    job = after(WORKING, batch(107, 4, 6))
    assert job.told == []
    assert job.plain(10, 112) == "0:10  10 of 40 tasks, 1/s, 2 workers, 0:30 left, festival_lapply"
    job.goes_on(batch(112, 30))
    assert ", 0:00 left, " in job.plain(10, 112)
    job.goes_on(line("call", 113, call=2, function="clusterApply", tasks=None), batch(114, 1, call=2))
    assert job.plain(14, 115) == "0:14  1 task, 0.5/s, 2 workers, clusterApply"


def test_the_rate_is_that_of_the_last_minute():
    job = after(WORKING.replace("40", "4000"), *(batch(103 + i, 10) for i in range(40)))
    job.goes_on(*(batch(200 + i, 1) for i in range(60)))
    assert " 1/s," in job.plain(160, 259) and job.story.progress() == (460, 4000)


def test_losses_and_who_comes_after_them_are_told():
    job = after(
        WORKING,
        line("lost", 103, worker="c/2", host="mana", cause="silent", tasks=3),
        line("join", 104, worker="d/1", host="ana"),
    )
    assert job.told == [
        "worker c/2 on mana was lost (silent); 3 tasks handed to others",
        "worker d/1 on ana joined",
    ]
    assert "2 workers, 1 lost" in job.plain(5, 105)
    assert job.goes_on(line("lost", 106, worker="e/1", tasks=0)) == ["worker e/1 on an unknown host was lost (closed)"]
    job.goes_on(line("lost", 106, worker="d/1", cause="closed", tasks=0))
    assert "1 of 2 workers, 3 lost" in job.plain(6, 106)


def test_a_master_that_starts_again_has_no_worker_yet_and_finds_results():
    job = after(
        WORKING, line("start", 200, expected=2, resumed=True), line("call", 201, call=1, function="f", tasks=40)
    )
    told = job.told + job.goes_on(line("resumed", 201, call=1, tasks=30))
    assert told == ["the script starts again", "30 results taken from the checkpoint"]
    assert job.story.present == {} and job.plain(5, 202) == "0:05  30 of 40 tasks, f"


def test_results_of_the_checkpoint_say_nothing_of_the_speed():
    job = after(WORKING, line("resumed", 102, call=1, tasks=30), batch(107, 5))
    assert job.plain(7, 107) == "0:07  35 of 40 tasks, 1/s, 2 workers, 0:05 left, festival_lapply"


def test_only_the_first_failures_are_told():
    failures = [line("failed", 103, call=1, task=i, message="no guitar") for i in range(FAILURES_TOLD + 3)]
    job = after(WORKING, *failures)
    assert job.told[0] == "task 0 failed: no guitar" and len(job.told) == FAILURES_TOLD


def test_what_the_script_says_itself_is_shown():
    job = after(GATHERED, line("progress", 103, done=1, total=4, message="two\n words"))
    assert job.plain(3, 103) == "0:03  1 of 4, 2 workers, two words"
    assert job.bar(3, 103).startswith("[======..................]  25%")
    job.goes_on(line("progress", 104, done=None, total=None, message=None))
    assert job.plain(4, 104) == "0:04  2 workers"


def test_job_info_has_nothing_that_is_only_of_this_engine():
    assert TasksView().status(after(WORKING).story) == {}
