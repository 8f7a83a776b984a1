"""The pool: as many workers as asked for, also after one has died, and a plain word where that cannot be."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from real_hosts import CHECKOUT, Lab
from series import launch

pytestmark = pytest.mark.cluster

COUNT = """
library(snow)
cluster <- makeCluster(strsplit(Sys.getenv("FESTIVAL_HOSTS"), " ")[[1]], type = "SOCK")
cat("workers:", length(unique(clusterCall(cluster, function() c(Sys.info()[["nodename"]], Sys.getpid())))), "\\n")
stopCluster(cluster)
"""


def tasks(cluster: Lab) -> set[str]:
    """Return the ids of the pool's running tasks, from the engine itself."""
    form = ["--filter", "desired-state=running", "--format", "{{.ID}} {{.CurrentState}}"]
    listed = cluster.host(cluster.manager, "docker", "service", "ps", "festival-pool", *form)
    return {line.split()[0] for line in listed.splitlines() if line.split()[1] == "Running"}


def count(cluster: Lab, folder: Path, workers: int, **variables: object) -> None:
    """See that a job finds so many workers that answer."""
    script = folder / "count.R"
    script.write_text(COUNT, encoding="utf-8")
    assert f"workers: {workers}" in cluster.play("job", job_script=str(script), job_force=True, **variables).output


def test_as_many_workers_as_hosts_have_cores(cluster: Lab, tmp_path: Path) -> None:
    """A lab says how many, since its hosts share the cores of one machine; others need not. The next test makes the pool anew."""
    cluster.play("workers", workers_slots="auto")
    cores = [int(cluster.host(host, "docker", "info", "--format", "{{.NCPU}}")) for host in cluster.hosts]
    (tmp_path / "count.R").write_text(COUNT, encoding="utf-8")
    count_them = {"job_script": str(tmp_path / "count.R"), "job_force": True}
    ranks = {"job_script": str(CHECKOUT / "examples" / "mpi" / "hello.c"), "festival_engine": "mpi", "job_force": True}
    socket, ssh, mpi = launch(cluster, tmp_path, count_them, {**count_them, "festival_engine": "ssh"}, ranks)
    assert (socket.failed, ssh.failed, mpi.failed) == (False, False, False)
    assert f"workers: {sum(cores)}" in socket.log and f"workers: {sum(cores)}" in ssh.log
    assert mpi.facts["mpi"]["ranks"] == sum(cores)


def test_scale(cluster: Lab, tmp_path: Path) -> None:
    """Also by the stage's tag, which runs no other stage."""
    tagged = cluster.play("festival", "--tags", "workers", workers_replicas=5, workers_slots=2)
    assert tagged.changed[cluster.manager] == 1
    assert "workers" in tagged.roles
    assert not tagged.roles & {"docker_host", "swarm", "registry", "network", "job"}
    assert len(tasks(cluster)) == 5
    count(cluster, tmp_path, 10)
    for changed in (1, 0):
        assert cluster.play("workers", workers_replicas=2, workers_slots=2).changed[cluster.manager] == changed
        assert len(tasks(cluster)) == 2
    cluster.play("workers")


@pytest.mark.soak
def test_dead_container_comes_back(cluster: Lab, tmp_path: Path) -> None:
    before = tasks(cluster)
    host, worker = next(
        (host, found)
        for host in cluster.hosts
        for found in cluster.host(host, "docker", "ps", "-q", "--filter", "name=festival-pool").split()
    )
    cluster.host(host, "docker", "kill", worker)
    deadline = time.monotonic() + 60
    while len(tasks(cluster)) < 3 or tasks(cluster) == before:
        assert time.monotonic() < deadline, "the pool has not come back after a minute"
        time.sleep(1)
    assert len(tasks(cluster) & before) == 2
    assert not any(cluster.play("workers").changed.values())
    count(cluster, tmp_path, 3)


def test_constraints_and_labels_place_workers(cluster: Lab) -> None:
    """Where no host meets a constraint that is told, and the pool is whole again when one does."""
    asked = {"workers_constraints": ["node.labels.stage == main"]}
    failed = cluster.play("workers", **asked, workers_timeout=15, fails=True)
    assert "Pool festival-pool has not converged after 15 s" in failed.said
    assert "task 1 on no host yet: pending: no suitable node (scheduling constraints not satisfied" in failed.said
    cluster.play("festival", "--limit", "mana", "--tags", "provision", swarm_labels={"stage": "main"})
    cluster.play("workers", **asked)
    assert len(cluster.host("mana", "docker", "ps", "-q", "--filter", "name=festival-pool").split()) == 3
    assert cluster.play("workers").changed[cluster.manager] == 1
    assert len(tasks(cluster)) == 3
    assert not any(cluster.play("workers").changed.values())
