"""How the cluster is, at any time: whole, with a job running, with hosts down; and another number of workers."""

from __future__ import annotations

import json
import re
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from real_hosts import REFERENCE, Lab, Run, run

pytestmark = pytest.mark.cluster

SLEEP = "cat('awake\\n'); Sys.sleep(3600)"


@pytest.fixture
def running_job(cluster: Lab, tmp_path: Path) -> t.Iterator[str]:
    """Return the name of a job that runs while the test does."""
    script = tmp_path / "sleeper.R"
    script.write_text(SLEEP, encoding="utf-8")
    command = ["ansible-playbook", "-i", cluster.inventory, "playbooks/job.yml", "-e", f"job_script={script}"]
    controller = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    while "festival-job-sleeper" not in cluster.host(cluster.manager, "docker", "service", "ls"):
        assert controller.poll() is None, "the job's controller has ended"
        time.sleep(0.5)
    yield "sleeper"
    cluster.play("stop")
    controller.wait(60)


def line(told: Run, begin: str) -> list[str]:
    """Return the cells of the first line of the summary that begins so."""
    summary = told.output[told.output.index("FESTIVAL ***") :]
    (found, *_) = [text for text in summary.splitlines() if text.startswith(begin)]
    return re.split(r" {2,}", found)


def test_whole_cluster_in_check_mode_too(cluster: Lab, tmp_path: Path) -> None:
    script = tmp_path / "finished.R"
    script.write_text("cat('done\\n')", encoding="utf-8")
    cluster.play("job", job_script=str(script), job_force=True)
    for options in ([], ["--check"]):
        told = cluster.play("status", *options)
        assert not any(told.changed.values())
        for host in cluster.hosts:
            assert line(told, host)[1:5] == [
                "yes",
                "manager (leads)" if host == cluster.manager else "worker",
                "ready",
                "active",
            ]
        assert line(told, "festival-pool")[1:3] == ["3 of 3", "3"]
        assert line(told, "finished-")[1] == "finished"
        assert line(told, "network")[1].startswith("festival: overlay")
        assert line(told, "registry")[1].startswith("festival-registry: Up")


def test_the_same_as_data(cluster: Lab) -> None:
    variables = json.dumps({"data_dir": "/var/lib/festival"})
    asked = [
        "ansible",
        cluster.manager,
        "-i",
        cluster.inventory,
        "--become",
        "-m",
        "alparque.festival.job_info",
        "-a",
        variables,
    ]
    told = run(*asked, ANSIBLE_CALLBACK_RESULT_FORMAT="json").output
    jobs = json.loads(told[told.index("{") :])["jobs"]
    assert {job["state"] for job in jobs if job["script"] == "finished.R"} == {"finished"}
    seconds = [job["seconds"] for job in jobs]
    assert seconds and all(0 < each < 3600 for each in seconds)


def test_while_a_job_runs(cluster: Lab, running_job: str) -> None:
    assert line(cluster.play("status"), running_job)[1] == "running"


def test_with_a_host_down_and_an_engine_down(cluster: Lab) -> None:
    gone, deaf = cluster.hosts[1:]
    run("docker", "stop", "--time", "1", cluster.container(gone))
    cluster.host(deaf, "systemctl", "stop", "docker.socket", "docker")
    try:
        told = cluster.play("status")
        assert not any(told.changed.values())
        assert line(told, gone)[1] == "no" and line(told, deaf)[1] == "yes"
        assert f"{deaf}: no engine answers there" in told.said
        assert re.search(rf"{gone}: .*(No route to host|timed out)", told.said)
        # Others than the manager are not asked, so that a job needs none of them.
        cluster.play("job", job_script=str(REFERENCE), job_force=True)
    finally:
        run("docker", "start", cluster.container(gone))
        cluster.host(deaf, "systemctl", "start", "docker")
    # The swarm puts the containers back where there is room, not where they were.
    cluster.play("workers")
    assert line(cluster.play("status"), "festival-pool")[1] == "3 of 3"


def started(cluster: Lab) -> set[str]:
    """Return the pool's containers, each with the moment at which it started."""
    return {text for texts in cluster.containers().values() for text in texts if "/worker" in text}


@pytest.mark.soak
def test_scale_leaves_the_other_containers_alone(cluster: Lab) -> None:
    before = started(cluster)
    assert "How many containers the pool is to have" in cluster.play("scale", fails=True).said
    more = cluster.play("scale", workers_replicas=5)
    assert more.changed == {**dict.fromkeys(more.changed, 0), cluster.manager: 1}
    assert len(started(cluster)) == 5 and before < started(cluster)
    assert line(cluster.play("status"), "festival-pool")[1:3] == ["5 of 5", "5"]
    five = started(cluster)
    cluster.play("scale", workers_replicas=3)
    # Those that go are given some seconds to end.
    deadline = time.monotonic() + 30
    while len(started(cluster)) > 3:
        assert time.monotonic() < deadline, "two containers are still there after half a minute"
        time.sleep(1)
    assert len(started(cluster)) == 3 and started(cluster) < five
    assert not any(cluster.play("scale", workers_replicas=3).changed.values())
