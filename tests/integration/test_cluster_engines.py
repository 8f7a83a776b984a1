"""What the engines stand on: a token for each pool, containers that know where they are, and listeners that are watched."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest
from real_hosts import Lab

pytestmark = pytest.mark.cluster

WHO = """
cluster <- parallel::makeCluster(as.integer(commandArgs(TRUE)))
cat("containers:", sort(unique(unlist(parallel::clusterCall(cluster, function() Sys.info()[["nodename"]])))), "\\n")
parallel::stopCluster(cluster)
"""


def containers(cluster: Lab, pool: str) -> dict[str, str]:
    """Return the pool's containers by id, each with its host."""
    listing = ["docker", "ps", "-q", "--filter", f"name={pool}.", "--filter", "health=healthy"]
    return {found: host for host in cluster.hosts for found in cluster.host(host, *listing).split()}


def inside(cluster: Lab, container: str, host: str, command: str) -> str:
    """Return what a shell in a container prints."""
    return cluster.host(host, "docker", "exec", container, "bash", "-c", command).strip()


@pytest.fixture
def other_pool(cluster: Lab) -> t.Iterator[str]:
    """Return a second pool beside the first."""
    before = containers(cluster, "festival-pool")
    try:
        cluster.play("festival", "--tags", "trust,workers", festival_pool="other", workers_replicas=2)
        assert containers(cluster, "festival-pool").items() <= before.items()
        yield "other"
    finally:
        cluster.host(cluster.manager, "docker", "service", "rm", "other")
        # No verb ends a pool by itself: its token goes by hand, too, when nothing mounts it any more.
        remove = "until docker secret rm other-token-v1; do sleep 1; done"
        cluster.host(cluster.manager, "timeout", "60", "sh", "-c", remove)


def test_two_pools_are_strangers(cluster: Lab, other_pool: str, tmp_path: Path) -> None:
    """Each has its own token and its own workers, and what one run does leaves the other alone."""
    pools = {pool: containers(cluster, pool) for pool in ("festival-pool", other_pool)}
    assert [len(found) for found in pools.values()] == [3, 2]
    token = "cat /run/secrets/festival_token"
    tokens = {pool: {inside(cluster, *place, token) for place in found.items()} for pool, found in pools.items()}
    assert [len(found) for found in tokens.values()] == [1, 1]
    assert tokens["festival-pool"] != tokens[other_pool]
    script = tmp_path / "who.R"
    script.write_text(WHO, encoding="utf-8")
    for pool, found in pools.items():
        said = cluster.play("job", job_script=str(script), job_args=[str(len(found))], festival_pool=pool).output
        assert f"containers: {' '.join(sorted(found))}" in said
    assert not any(cluster.play("festival").changed.values())


def test_a_container_knows_its_host_and_its_slots(cluster: Lab) -> None:
    found = containers(cluster, "festival-pool")
    assert len(found) == 3
    for container, host in found.items():
        name = cluster.host(host, "docker", "info", "--format", "{{.Name}}").strip()
        assert inside(cluster, container, host, "echo $FESTIVAL_HOST $FESTIVAL_SLOTS") == f"{name} 1"


def test_a_slot_has_its_share_of_the_cores(cluster: Lab) -> None:
    """In R of the supervisor, and in a session of sshd."""
    container, host = next(iter(containers(cluster, "festival-pool").items()))
    cores = inside(cluster, container, host, "nproc")
    of_supervisor = "tr '\\0' '\\n' < /proc/$(pgrep -f supervise | head -n 1)/environ | sed -n 's/^OMP_NUM_THREADS=//p'"
    assert inside(cluster, container, host, of_supervisor) == cores
    assert (
        inside(cluster, container, host, "ssh $(hostname -i) 'echo $OMP_NUM_THREADS $FESTIVAL_CORES'")
        == f"{cores} {cores}"
    )


@pytest.mark.parametrize("listener", ["sshd.*listener", "supervise"])
def test_a_container_that_has_lost_a_listener_is_replaced(cluster: Lab, listener: str) -> None:
    before = containers(cluster, "festival-pool")
    lost, host = next(iter(before.items()))
    cluster.host(host, "docker", "exec", "--detach", lost, "pkill", "-9", "-f", listener)
    deadline = time.monotonic() + 60
    while lost in (now := containers(cluster, "festival-pool")) or len(now) < len(before):
        assert time.monotonic() < deadline, f"the container without {listener} is still there after a minute"
        time.sleep(1)
    assert set(before) - set(now) == {lost}
