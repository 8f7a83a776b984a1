"""Membership: leave, come back, and be in another swarm meanwhile. Nobody is there twice."""

from __future__ import annotations

import re

import pytest
from gossip import PORT, held
from read_secrets import secrets_in, tokens
from real_hosts import Lab

pytestmark = pytest.mark.cluster


def names(cluster: Lab) -> list[str]:
    """Return the names of all nodes, ghosts included."""
    return sorted(node["Description"]["Hostname"] for node in cluster.nodes().values())


WHOLE = ["aterciopelados", "fabulosos-cadillacs", "mana"]


def test_leave_and_rejoin(cluster: Lab) -> None:
    """Nobody joins while another program has the port of the gossip, and who joins tells no secret."""
    left = cluster.play("leave", leave_hosts="mana")
    assert left.changed["mana"] > 0
    assert names(cluster) == WHOLE[:2]
    assert cluster.host("mana", "docker", "info", "--format", "{{.Swarm.LocalNodeState}}").strip() == "inactive"
    with held(cluster, "mana"):
        refused = cluster.play("provision", fails=True)
        assert re.search(
            rf"Host mana: python3 \(process \d+\) listens at port {PORT}, where the engine tells", refused.said
        )
        assert names(cluster) == WHOLE[:2]
    # It lets itself in by a token, while Ansible says all that it can say.
    joined = cluster.play("festival", "-vvv", "--diff")
    assert joined.changed["mana"] > 0
    assert secrets_in(joined.output.encode(), tokens(cluster)) == []
    assert names(cluster) == WHOLE


def test_nobody_leaves_unnamed(cluster: Lab) -> None:
    assert "leave_hosts is not given" in cluster.play("leave", leave_hosts="", fails=True).said
    assert names(cluster) == WHOLE


@pytest.mark.parametrize("hosts", ["aterciopelados", "all"])
def test_first_manager_stays(cluster: Lab, hosts: str) -> None:
    refused = cluster.play("leave", leave_hosts=hosts, fails=True)
    assert "the first manager (aterciopelados) not among them" in refused.said
    assert "use playbooks/teardown.yml" in refused.said
    assert names(cluster) == WHOLE


def test_foreign_swarm(cluster: Lab) -> None:
    cluster.host("mana", "docker", "swarm", "leave", "--force")
    cluster.host("mana", "docker", "swarm", "init", "--advertise-addr", cluster.address("mana"))
    foreign = cluster.host("mana", "docker", "info", "--format", "{{.Swarm.Cluster.ID}}").strip()
    before = cluster.containers()
    refused = cluster.play("festival", fails=True)
    assert f"Host mana is in another swarm ({foreign}) than the first manager" in refused.said
    assert "leave.yml" in refused.said
    assert "swarm_force_takeover" in refused.said
    assert not any(refused.changed.values())
    assert cluster.containers() == before
    assert cluster.play("festival", swarm_force_takeover=True).changed["mana"] > 0
    assert names(cluster) == WHOLE
    assert not any(cluster.play("festival").changed.values())
