"""Hosts that the overlay networks do not reach, which the swarm calls ready: told, healed, and kept from joining so."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from gossip import PORT, held, listeners, wait
from real_hosts import Lab, Run
from running_job import JOBS

pytestmark = pytest.mark.cluster

#: What an engine logs that will hold the port of the gossip from then on.
BADLY = "Could not close DB: timeout waiting for leave broadcast"
#: It neither asks for workers nor misses them.
AWAKE = "Sys.sleep(12)\ncat('awake\\n')\n"


def cut_off(cluster: Lab, host: str) -> None:
    """Start a host's engine anew where it cannot have the port of the gossip: it is cut off until its next start."""
    cluster.host(host, "systemctl", "stop", "docker.socket", "docker")
    with held(cluster, host):
        cluster.host(host, "systemctl", "start", "docker")
    wait(lambda: pool_on(cluster, host), 60, f"the pool has a container on {host}")
    wait(lambda: ready(cluster) == 3, 30, "the swarm calls all of them ready")


def pool_on(cluster: Lab, host: str) -> str:
    """Return the healthy containers of the pool on a host."""
    return cluster.host(host, "docker", "ps", "-q", "--filter", "name=festival-pool", "--filter", "health=healthy")


def ready(cluster: Lab) -> int:
    """Return how many nodes the swarm calls ready."""
    return [node["Status"]["State"] for node in cluster.nodes().values()].count("ready")


def known(cluster: Lab, host: str) -> int:
    """Return how many hosts the overlay network of the pool has, as one of them sees it."""
    return len(
        cluster.host(
            host, "docker", "network", "inspect", "festival", "--format", "{{range .Peers}}{{.IP}} {{end}}"
        ).split()
    )


def cut_off_ones(told: Run) -> list[str]:
    """Return the hosts that the status calls cut off."""
    return re.findall(r"^(\w+) .* ready, cut off ", told.output, re.MULTILINE)


@pytest.fixture(scope="module")
def everywhere(cluster: Lab) -> t.Iterator[Lab]:
    """Return the hosts with a container of the pool on each."""
    cluster.play("workers", workers_mode="global")
    yield cluster
    cluster.play("workers")


def test_cut_off_told_and_healed(everywhere: Lab, tmp_path: Path) -> None:
    cut_off(everywhere, "mana")
    assert known(everywhere, "mana") == 0 and known(everywhere, everywhere.manager) == 2

    status = everywhere.play("status")
    assert cut_off_ones(status) == ["mana"]
    assert "mana: cut off: its containers reach no others. playbooks/provision.yml heals it." in status.said

    (tmp_path / "awake.R").write_text(AWAKE, encoding="utf-8")
    job = everywhere.play("job", job_script=str(tmp_path / "awake.R"), job_force=True)
    (told,) = re.findall(
        r"^(\d+):(\d+)  1 of 3 workers is missing: mana \(cut off\? playbooks/status.yml\)", job.output, re.MULTILINE
    )
    # Within five seconds where the hosts are not busy with other things.
    assert int(told[0]) == 0 and int(told[1]) <= 10

    checked = everywhere.play("provision", "--check")
    assert checked.changed["mana"] == 1 and known(everywhere, "mana") == 0
    healed = everywhere.play("provision")
    assert healed.changed == {**dict.fromkeys(healed.changed, 0), "mana": 1}
    assert known(everywhere, everywhere.manager) == 3
    again = everywhere.play("festival", "--tags", "provision,workers", workers_mode="global")
    assert not any(again.changed.values())
    assert cut_off_ones(everywhere.play("status")) == []


@pytest.mark.soak
def test_manager_cut_off_and_healed_by_the_workers_stage(everywhere: Lab) -> None:
    manager = everywhere.manager
    cut_off(everywhere, manager)
    assert cut_off_ones(everywhere.play("status")) == [manager]
    assert everywhere.play("workers", workers_mode="global").changed[manager] == 1
    assert known(everywhere, manager) == 3


@pytest.mark.soak
def test_an_engine_that_holds_the_port_is_restarted_before_it_joins(everywhere: Lab) -> None:
    everywhere.give("mana", JOBS / "leave_badly.py", "/srv/leave_badly.py")
    log = ["journalctl", "-u", "docker", "-o", "cat", "--no-pager", "--since", "-5min"]
    for _ in range(4):
        everywhere.host("mana", "timeout", "120", "python3", "/srv/leave_badly.py")
        if BADLY in everywhere.host("mana", *log):
            break
        # It has left well, as it may on a busy machine.
        everywhere.play("provision")
    assert BADLY in everywhere.host("mana", *log)
    wait(lambda: PORT in listeners(everywhere, "mana"), 5, "the engine holds the port though it is in no swarm")
    everywhere.play("provision")
    assert not any(everywhere.play("provision").changed.values())
    wait(lambda: pool_on(everywhere, "mana"), 60, "the pool is there again")
    assert known(everywhere, "mana") == 3
