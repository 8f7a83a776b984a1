"""Jobs whose workers, hosts, master and controller are taken away while they run: the values are those of one machine.

A job suffers several faults, one after the other, and each test looks at what one of them did.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from real_hosts import Lab
from running_job import FOLDERS, JOBS, Event, RunningJob, alone, containers_on, of, present, tasks

pytestmark = pytest.mark.cluster

#: Messages of the script's calls.
TASKS = {1: 60, 2: 30, 3: 60}
MASTER_PORT, WORKER_PORT = 8651, 8650
POOL = {"workers_replicas": 3, "workers_slots": 2}


@pytest.fixture(scope="module")
def pool(cluster: Lab) -> t.Iterator[Lab]:
    """Return the hosts with six workers on them."""
    cluster.play("workers", **POOL)
    cluster.wait_known()
    yield cluster
    cluster.play("workers")


@pytest.fixture(scope="module")
def values(cluster: Lab) -> str:
    """What the script gives on one machine."""
    return alone(cluster, JOBS / "faults.R", "0")


def begin(cluster: Lab, folder: Path, name: str, seconds: float, **variables: t.Any) -> RunningJob:
    """Begin the job whose tasks take so many seconds each."""
    return RunningJob(cluster, folder, name, "faults.R", job_args=[str(seconds)], **variables)


def same(job: RunningJob, values: str) -> bool:
    """Say whether the values are bit for bit those of one machine, and each task was done once."""
    assert {call: tasks(job.story, call) for call in TASKS} == {call: [*range(1, n + 1)] for call, n in TASKS.items()}
    return job.values == values


def lost(container: str, cause: str | None = None) -> t.Callable[[list[Event]], list[Event]]:
    """Return what waits for the loss of a container's workers."""
    about = {"cause": cause} if cause else {}
    return lambda events: [event for event in of(events, "lost", **about) if event["worker"].startswith(container)]


class Loss(t.NamedTuple):
    """A fault: when it was, by the manager's clock, and which workers it hit."""

    moment: float
    containers: list[str]


def now(job: RunningJob) -> float:
    return float(job.manager("date +%s.%N"))


# --- workers -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def without_workers(pool: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunningJob, dict[str, Loss]]:
    """Kill a container during the first call, pause one during the second, kill a worker during the third."""
    job = begin(pool, tmp_path_factory.mktemp("workers"), "lost-workers", 0.4)
    losses = {}

    (victim,) = containers_on(pool, "mana", job.until_done(1, 6))
    losses["killed container"] = Loss(now(job), [victim])
    pool.host("mana", "docker", "kill", victim)

    (victim,) = containers_on(pool, "fabulosos_cadillacs", job.until_done(2, 1))
    losses["paused container"] = Loss(now(job), [victim])
    pool.host("fabulosos_cadillacs", "docker", "pause", victim)
    job.until(lost(victim))
    pool.host("fabulosos_cadillacs", "docker", "unpause", victim)

    events = job.until_done(3, 3)
    (victim,) = containers_on(pool, pool.manager, events)
    pid = present(events)[f"{victim}/1"]["pid"]
    losses["killed worker"] = Loss(now(job), [victim])
    pool.host(pool.manager, "docker", "exec", victim, "sh", "-c", f"kill -9 {pid}")
    job.end()
    return job, losses


def test_workers_lost_same_values(without_workers: tuple[RunningJob, dict[str, Loss]], values: str) -> None:
    assert same(without_workers[0], values)


@pytest.mark.parametrize(
    ("fault", "cause", "within", "call"),
    [("killed container", "closed", 3, 1), ("paused container", "silent", 7, 2), ("killed worker", "closed", 3, 3)],
)
def test_worker_lost_and_back(
    without_workers: tuple[RunningJob, dict[str, Loss]], fault: str, cause: str, within: float, call: int
) -> None:
    job, losses = without_workers
    assert_noticed(job, losses[fault], cause, within, call)


def assert_noticed(job: RunningJob, loss: Loss, cause: str, within: float, call: int) -> None:
    """See that a loss was noticed in time, that its tasks were handed on, and that another worker came."""
    after = [event for event in job.story if event["time"] >= loss.moment]
    # A healed container may lose the workers that it had meanwhile once more, and is called again.
    gone = [lost(container)(after)[0] for container in loss.containers]
    assert {event["cause"] for event in gone} == {cause}
    noticed = max(event["time"] for event in gone)
    joined = [event["time"] for event in of(after, "join") if event["time"] >= noticed]
    print(
        f"{job.name}: noticed after {noticed - loss.moment:.2f} s, another came after {joined[0] - loss.moment:.2f} s"
    )
    assert noticed - loss.moment < within
    again = [event for event in of(after, "retry", call=call) if event["worker"].split("/")[0] in loss.containers]
    assert again and {event["first"] for event in again} <= {*tasks(after, call)}


def test_report_shows_the_losses(without_workers: tuple[RunningJob, dict[str, Loss]]) -> None:
    job = without_workers[0]
    report = (job.home / "report.html").read_text(encoding="utf-8")
    losses = of(job.story, "lost")
    assert losses
    for loss in losses:
        assert f"was lost ({loss['cause']})" in report
    assert report.count('href="#m-lost"') > len(losses)
    assert "took over task" in report


# --- hosts ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def without_hosts(
    pool: Lab, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[tuple[RunningJob, dict[str, Loss]]]:
    """Stop a host's engine during the first call, cut another host off during the second; the third has all of them again."""
    # A host that the swarm misses for longer gets its names back within a minute, too late for this job.
    environment = {"FESTIVAL_SILENCE": "3.5"}
    job = begin(pool, tmp_path_factory.mktemp("hosts"), "lost-hosts", 0.6, job_environment=environment)
    losses = {}
    try:
        victims = containers_on(pool, "mana", job.until_done(1, 6))
        losses["stopped engine"] = Loss(now(job), victims)
        pool.host("mana", "systemctl", "stop", "docker.socket", "docker")
        for victim in victims:
            job.until(lost(victim))
        pool.host("mana", "systemctl", "start", "docker")

        victims = containers_on(pool, "fabulosos_cadillacs", job.until_done(2, 1))
        losses["cut network"] = Loss(now(job), victims)
        with pool.cut_off("fabulosos_cadillacs"):
            for victim in victims:
                job.until(lost(victim))
        job.end()
        yield job, losses
    finally:
        pool.host("mana", "systemctl", "start", "docker")


def test_hosts_lost_same_values(without_hosts: tuple[RunningJob, dict[str, Loss]], values: str) -> None:
    assert same(without_hosts[0], values)


@pytest.mark.parametrize(
    ("fault", "cause", "within", "call"), [("stopped engine", "closed", 12, 1), ("cut network", "silent", 6, 2)]
)
def test_host_lost_and_back(
    without_hosts: tuple[RunningJob, dict[str, Loss]], fault: str, cause: str, within: float, call: int
) -> None:
    job, losses = without_hosts
    assert_noticed(job, losses[fault], cause, within, call)


# --- the pool's size, and the controller ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scaled(pool: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunningJob, str]:
    """Kill the controller, scale the pool from 2 to 6 to 3 containers, and have the controller come back."""
    pool.play("scale", workers_replicas=2, workers_slots=2)
    job = begin(pool, tmp_path_factory.mktemp("scaled"), "scaled", 1.2)
    job.until_done(1, 1)
    job.kill_controller()
    pool.play("scale", workers_replicas=6, workers_slots=2)
    job.until(lambda events: len(present(events)) == 12)
    pool.play("scale", workers_replicas=3, workers_slots=2)
    job.until(lambda events: len(present(events)) == 6)
    job.begin()
    return job, job.end()


def test_scaled_same_values(scaled: tuple[RunningJob, str], values: str) -> None:
    assert same(scaled[0], values)


def test_scaled_workers_work(scaled: tuple[RunningJob, str]) -> None:
    """Those that stay have tasks, and those that went gave theirs back. Who came late and went soon may have had none."""
    story = scaled[0].story
    came = {event["worker"] for event in of(story, "join")}
    gone = {event["worker"] for event in of(story, "lost")}
    assert (len(came), len(gone)) == (12, 6)
    assert came - gone <= {worker for event in of(story, "tasks") for worker in event["worker"]} <= came
    assert len(of(story, "retry")) == len([event for event in of(story, "lost") if event["tasks"]])


def test_controller_comes_back(scaled: tuple[RunningJob, str]) -> None:
    """It finds the job where it is: the same one, whose master was never started again."""
    job, said = scaled
    assert len(of(job.story, "start")) == 1
    assert re.search(rf"{job.cluster.manager} : ok=\d+ changed=0 ", said)
    assert job.manager(f"ls -d {FOLDERS}/{job.name}-*").split() == [f"{FOLDERS}/{job.home.name}"]


# --- the master ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def restarted(pool: Lab, tmp_path_factory: pytest.TempPathFactory) -> RunningJob:
    """Kill the master during the first call, and the one that follows it during the second."""
    job = begin(pool, tmp_path_factory.mktemp("master"), "lost-master", 0.4)
    job.until_done(1, 20)
    job.kill_master()
    job.until(
        lambda events: len(of(events, "start")) == 2 and of(events, "call", call=2) and of(events, "tasks", call=2)
    )
    job.kill_master()
    job.end()
    return job


def test_master_lost_same_values(restarted: RunningJob, values: str) -> None:
    assert restarted.values == values


def test_master_goes_on_where_it_was(restarted: RunningJob) -> None:
    """What was kept is not done again: a task is taken from the checkpoint or done, once in each life of the master."""
    story = restarted.story
    begins = [k for k, event in enumerate(story) if event["event"] == "start"]
    assert [event["resumed"] for event in of(story, "start")] == [False, True, True]
    lives = [story[begin:end] for begin, end in zip(begins, [*begins[1:], len(story)], strict=True)]
    kept = [sum(event["tasks"] for event in of(life, "resumed", call=1)) for life in lives]
    assert kept[0] == 0 and kept[1] >= 18 and kept[2] == 60
    assert len(tasks(lives[1], 1)) == 60 - kept[1]
    assert tasks(lives[2], 1) == []
    assert tasks(lives[2], 2) == [*range(1, 31)]
    print(f"back after {[lives[k + 1][0]['time'] - lives[k][-1]['time'] for k in (0, 1)]} s")


def test_report_shows_the_restarts(restarted: RunningJob) -> None:
    assert "the master was started again" in (restarted.home / "report.html").read_text(encoding="utf-8")


# --- strangers ------------------------------------------------------------------------------------------------------


def test_strangers(pool: Lab, tmp_path: Path, values: str) -> None:
    """Who has no token can neither join nor take over a supervisor, and the job does not notice."""
    job = begin(pool, tmp_path, "strangers", 0.5)
    (gate,) = containers_on(pool, pool.manager, job.until_done(1, 6))
    master = job.manager(f"docker exec $(docker ps -q --filter name=festival-job-{job.name}) hostname -i").split()[0]
    pool.give(pool.manager, JOBS / "strangers.R", "/srv/strangers.R")
    knock = f"docker exec -i {gate} Rscript - {master}:{MASTER_PORT} localhost:{WORKER_PORT} < /srv/strangers.R"
    answers = job.manager(knock).splitlines()
    assert len(answers) == 8
    assert not [answer for answer in answers if not answer.rstrip().endswith("sent away")]
    # Who had taken the garbage for a message would have that package's library in its memory.
    for container in (gate, f"$(docker ps -q --filter name=festival-job-{job.name})"):
        maps = "cat /proc/[0-9]*/maps | grep -Eo 'libR[.]so|splines[.]so' | sort -u"
        assert job.manager(f'docker exec {container} sh -c "{maps}"').split() == ["libR.so"]
    job.end()
    assert len(of(job.story, "join")) == 6 and not of(job.story, "lost")
    assert job.values == values


# --- no worker at all ----------------------------------------------------------------------------------------------


def test_no_worker_left(pool: Lab, tmp_path: Path, values: str) -> None:
    """The job says how far it came, and goes on from there when it is run again with a pool."""
    job = begin(pool, tmp_path, "orphan", 0.5, job_environment={"FESTIVAL_ORPHAN": "3"})
    job.until_done(1, 6)
    pool.host(pool.manager, "docker", "service", "scale", "--detach", "festival-pool=0")
    said = job.end(fails=True)
    finished = len(tasks(job.story, 1))
    assert f"No worker of pool festival-pool has been there for 3 s; {finished} of 60 tasks were done" in said
    pool.play("workers", **POOL)
    job.begin()
    job.end()
    assert of(job.story, "resumed", tasks=finished)
    assert job.values == values
