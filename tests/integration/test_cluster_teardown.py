"""The end: the cluster is as whole as at the beginning, and then gone."""

from __future__ import annotations

import pytest
from real_hosts import REFERENCE, Lab

pytestmark = pytest.mark.teardown


def test_whole_after_all_that(cluster: Lab) -> None:
    cluster.play("festival", job_script=str(REFERENCE))
    again = cluster.play("festival", job_script=str(REFERENCE))
    assert not any(again.changed.values())


LEFT = """
docker info --format '{{.Swarm.LocalNodeState}}'
docker ps -aq
docker volume ls -q
docker network ls -q --filter driver=overlay
find /var/lib /etc/docker/certs.d -maxdepth 1 -path '*festival*'
"""


def test_teardown(cluster: Lab) -> None:
    cluster.play("teardown")
    assert {host: cluster.host(host, "sh", "-c", LEFT).split() for host in cluster.hosts} == {
        host: ["inactive"] for host in cluster.hosts
    }
    assert list(cluster.results.glob("reference-*")), "what was fetched stays"
    assert not any(cluster.play("teardown").changed.values())
