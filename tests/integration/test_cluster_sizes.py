"""What the engines promise beyond single faults: the same values for any number of workers, many workers, and no strangers."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from real_hosts import REFERENCE, Lab
from running_job import JOBS, RunningJob, alone, containers_on, of
from series import launch

pytestmark = pytest.mark.cluster

MASTER_PORT, WORKER_PORT = 8651, 8650


@pytest.fixture(scope="module", autouse=True)
def pool_as_before(cluster: Lab) -> t.Iterator[None]:
    yield
    cluster.play("workers")


@pytest.fixture(scope="module")
def reference(cluster: Lab) -> str:
    """The reference's values in one container."""
    values = alone(cluster, REFERENCE)
    assert values.count("0x") == 100
    return values


@pytest.mark.parametrize("workers", [1, 7])
def test_reference(cluster: Lab, tmp_path: Path, reference: str, workers: int) -> None:
    cluster.play("workers", workers_replicas=workers)
    asked = []
    for engine in ("socket", "ssh"):
        script = tmp_path / f"{engine}-{workers}.R"
        script.write_text(REFERENCE.read_text(encoding="utf-8"), encoding="utf-8")
        asked.append({"job_script": str(script), "festival_engine": engine, "job_force": True})
    values = [
        (job.home / "output" / "values.txt").read_text(encoding="utf-8") for job in launch(cluster, tmp_path, *asked)
    ]
    assert values == [reference, reference]


def test_many_workers(cluster: Lab) -> None:
    """More than the 128 connections that R has by default."""
    cluster.play("workers", workers_replicas=3, workers_slots=50)
    said = cluster.play("job", job_script=str(JOBS / "many.R"), job_force=True).output
    assert "nodes: 150 workers: 150 right: TRUE" in said


def test_strangers(cluster: Lab, tmp_path: Path) -> None:
    """Who has no token can neither join nor take over a supervisor, and the job does not notice."""
    cluster.play("workers", workers_replicas=3, workers_slots=2)
    job = RunningJob(cluster, tmp_path, "strangers", "faults.R", job_args=["0.5"])
    (gate,) = containers_on(cluster, cluster.manager, job.until_done(1, 6))
    master = job.manager(f"docker exec $(docker ps -q --filter name=festival-job-{job.name}) hostname -i").split()[0]
    cluster.give(cluster.manager, JOBS / "strangers.R", "/srv/strangers.R")
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
    assert job.values == alone(cluster, JOBS / "faults.R", "0")
