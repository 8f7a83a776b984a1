"""Two clusters with two prefixes on the same hosts: neither sees the other's masters, and either ends without the other."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

import pytest
from real_hosts import Lab
from running_job import RunningJob

pytestmark = pytest.mark.cluster

OTHER = {"festival_prefix": "other", "festival_registry_port": 5001, "network_subnet": "10.78.0.0/20"}
#: The example's containers have names and addresses of their own, and so has its network.
OTHER_ON_DOCKER = {
    "festival_prefix": "other",
    "festival_network": "other",
    "network_subnet": "172.19.0.0/16",
    "workers_containers": [{"name": "shakira", "address": "172.19.0.2"}],
    "job_master_name": "",
    "job_master_address": "",
}
LISTS = "for what in secret config service; do docker $what ls --format '{{.Name}}'; done"
OVERLAYS = "docker network ls --filter driver=overlay --format '{{.Name}}'"
MASTERS = "docker ps --filter label=festival.job --format '{{.Names}}'"


def things(cluster: Lab) -> set[str]:
    """Return the names of what the swarm keeps: secrets, configs, services, and networks that are no swarm's own."""
    listed = cluster.host(cluster.manager, "sh", "-c", f"{LISTS}; {OVERLAYS}").split()
    return set(listed) - {"ingress"}


def users(cluster: Lab) -> str:
    """Return the label by which a swarm is known as its clusters'."""
    info = json.loads(cluster.host(cluster.manager, "docker", "info", "--format", "{{json .Swarm.Cluster}}"))
    return info["Spec"]["Labels"]["festival.cluster"]


def test_a_swarm_is_shared_only_when_asked_to(cluster: Lab) -> None:
    refused = cluster.play("provision", fails=True, **OTHER)
    assert "is in another swarm" in refused.said
    assert "or set swarm_force_takeover" in refused.said
    assert users(cluster) == "festival"


@pytest.mark.soak
def test_two_clusters_of_one_swarm(cluster: Lab) -> None:
    """The second has its network and its keys beside the first's, and takes with it what is its own."""
    before, running = things(cluster), cluster.containers()
    # Without images and workers, which take long and have nothing that is said once for a host.
    cluster.play("festival", "--tags", "provision,network,trust", swarm_force_takeover=True, **OTHER)
    new = things(cluster) - before
    assert {"other", "other-pool-token-v1", "other-ssh-key-v1"} <= new
    assert all(name.startswith("other") for name in new)
    assert users(cluster) == "festival,other"
    assert not any(cluster.play("festival").changed.values())
    would = cluster.play("teardown", "--check", **OTHER)
    assert would.changed[cluster.manager] > 0 and things(cluster) == before | new
    cluster.play("teardown", **OTHER)
    assert things(cluster) == before
    assert users(cluster) == "festival"
    assert cluster.containers() == running
    assert not any(cluster.play("teardown", **OTHER).changed.values())


def masters(host: Lab, count: int) -> list[str]:
    """Wait until so many masters run, and return their names in order."""
    deadline = time.monotonic() + 120
    while len(names := sorted(host.host(host.manager, "sh", "-c", MASTERS).split())) != count:
        assert time.monotonic() < deadline, f"these run: {names}"
        time.sleep(0.5)
    return names


def begun(host: Lab, folder: Path, name: str, **variables: t.Any) -> RunningJob:
    """Begin a job whose results come home to a test's own folder."""
    return RunningJob(host, folder, name, "until.R", festival_results_dir=str(folder), **variables)


def test_two_clusters_of_one_host(one_host: Lab, tmp_path: Path) -> None:
    """Both run a job at the same time. The one stops, and ends, while the other's job goes on."""
    one_host.play("festival")
    one_host.play("festival", **OTHER_ON_DOCKER)
    job = begun(one_host, tmp_path, "first", job_master_name="", job_master_address="")
    theirs = begun(one_host, tmp_path, "second", **OTHER_ON_DOCKER)
    first, second = masters(one_host, 2)
    assert first.startswith("festival-job-first-") and second.startswith("other-job-second-")
    ours, others = (one_host.play("status", **variables).said for variables in ({}, OTHER_ON_DOCKER))
    assert ("first-" in ours, "second-" in ours) == (True, False)
    assert ("first-" in others, "second-" in others) == (False, True)
    assert "Job second-" in one_host.play("stop", **OTHER_ON_DOCKER).said
    theirs.end(fails=True)
    assert masters(one_host, 1) == [first]
    one_host.play("teardown", **OTHER_ON_DOCKER)
    assert masters(one_host, 1) == [first]
    left = one_host.host(
        one_host.manager, "sh", "-c", "docker ps -a --format '{{.Names}}'; docker network ls; ls /var/lib"
    )
    assert "mana" in left and "shakira" not in left and "other" not in left
    job.manager("cd /var/lib/festival/jobs/first-*/master/work && touch go")
    assert "went on" in job.end()
