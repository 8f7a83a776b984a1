"""The seed's own way: one host, a bridge network, and the line-up of inventory/example."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from real_hosts import CHECKOUT, REFERENCE, Lab

pytestmark = pytest.mark.cluster

LINE_UP = {"aterciopelados": "172.18.0.2", "fabulosos_cadillacs": "172.18.0.3", "mana": "172.18.0.4"}


def test_published_numbers(one_host: Lab) -> None:
    one_host.molecule("verify")


def test_nothing_changes(one_host: Lab) -> None:
    before = one_host.containers(), one_host.images()
    one_host.molecule("idempotence")
    assert (one_host.containers(), one_host.images()) == before
    assert not any(one_host.play("festival", "--check", job_script=str(REFERENCE)).changed.values())


def test_line_up(one_host: Lab, tmp_path: Path) -> None:
    """Everyone plays at the address that the seed gave them, the organizer too."""
    (network,) = json.loads(one_host.host(one_host.manager, "docker", "network", "inspect", "simonbolivar"))
    assert network["Driver"] == "bridge"
    assert network["IPAM"]["Config"][0]["Subnet"] == "172.18.0.0/16"
    members = {member["Name"]: member["IPv4Address"].split("/")[0] for member in network["Containers"].values()}
    assert {name: members.get(name) for name in LINE_UP} == LINE_UP
    script = tmp_path / "who.R"
    script.write_text("cat('here is', Sys.info()[['nodename']], 'at', Sys.getenv('MASTER'), '\\n')\n", encoding="utf-8")
    assert "here is duarte at 172.18.0.10" in one_host.play("job", job_script=str(script)).output
    assert "inactive" in one_host.host(one_host.manager, "docker", "info", "--format", "{{.Swarm.LocalNodeState}}")


def test_mpi(one_host: Lab) -> None:
    script = CHECKOUT / "examples" / "mpi" / "matvec.f90"
    one_host.play("job", job_script=str(script), festival_engine="mpi")
    (home,) = one_host.results.glob("matvec-*")
    assert (home / "log.txt").read_text(encoding="utf-8") == script.with_suffix(".txt").read_text(encoding="utf-8")
    assert json.loads((home / "job.json").read_text(encoding="utf-8"))["mpi"]["ranks"] == 3


def test_status(one_host: Lab) -> None:
    told = one_host.play("status")
    assert not any(told.changed.values())
    assert "festival-pool 3 of 3 3" in told.said
    assert "network simonbolivar: bridge, 172.18.0.0/16" in told.said


@pytest.mark.teardown
def test_teardown(one_host: Lab) -> None:
    one_host.play("teardown")
    assert one_host.host(one_host.manager, "docker", "ps", "-aq") == ""
    assert "simonbolivar" not in one_host.host(one_host.manager, "docker", "network", "ls")
    assert not any(one_host.play("teardown").changed.values())
