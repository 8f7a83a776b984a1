"""A cluster that stands: running the playbook again changes nothing, and options narrow a run down as they say."""

from __future__ import annotations

import pytest
from real_hosts import REFERENCE, Lab

pytestmark = pytest.mark.cluster

#: Half a minute where nothing else runs; other tests have half of the machine meanwhile.
SECONDS = 60


def test_published_numbers(cluster: Lab) -> None:
    """Cluster and single container print them; molecule/shared/verify.yml looks."""
    cluster.molecule("verify")


def test_again_is_quick_and_changes_nothing(cluster: Lab) -> None:
    before = cluster.containers(), cluster.images()
    again = cluster.molecule("idempotence")
    assert again.seconds < SECONDS
    assert (cluster.containers(), cluster.images()) == before, "no container was restarted, no image built"


def test_check_run_sees_nothing_to_change(cluster: Lab) -> None:
    checked = cluster.play("festival reference", "--check", job_script=str(REFERENCE))
    assert not any(checked.changed.values())


def test_limit(cluster: Lab) -> None:
    """A label for all hosts, with --limit to one: only its node gets it."""
    before = cluster.containers()
    limited = cluster.play("festival", "--limit", "mana", swarm_labels={"stage": "main"})
    assert limited.changed == {"mana": 1}
    labelled = [node for node in cluster.nodes().values() if node["Spec"]["Labels"] == {"stage": "main"}]
    assert [node["Description"]["Hostname"] for node in labelled] == ["mana"]
    assert cluster.containers() == before
