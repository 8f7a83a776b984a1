"""Hosts without an engine: a check run works on them, and leaves them as they are."""

from __future__ import annotations

import pytest
from real_hosts import REFERENCE, Lab

pytestmark = pytest.mark.bare


def test_check_run_changes_nothing(bare_lab: Lab) -> None:
    before = {host: bare_lab.look(host) for host in bare_lab.hosts}
    assert not any("docker" in line for line in before[bare_lab.manager].splitlines())
    checked = bare_lab.play("festival", "--check", "--diff", job_script=str(REFERENCE))
    bare_lab.play("reference", "--check")
    assert {host: bare_lab.look(host) for host in bare_lab.hosts} == before
    assert all(checked.changed[host] > 0 for host in bare_lab.hosts), "a check run says what would be changed"
    assert "would install docker.io" in checked.said
