"""Hosts without an engine: a check run works on them, and leaves them as they are."""

from __future__ import annotations

from real_hosts import REFERENCE, Lab

#: What a run could change: packages, files, units, interfaces.
LOOK = """
dpkg-query -W
find /etc /opt /srv /usr /root /var/lib/docker /var/lib/festival -type f -printf '%p %s %T@\\n' 2>/dev/null | sort
systemctl list-unit-files --no-legend
ip -o link show | cut -d' ' -f2
"""


def test_check_run_changes_nothing(bare_lab: Lab) -> None:
    before = {host: bare_lab.host(host, "sh", "-c", LOOK) for host in bare_lab.hosts}
    assert not any("docker" in line for line in before[bare_lab.manager].splitlines())
    checked = bare_lab.play("festival", "--check", "--diff", job_script=str(REFERENCE))
    bare_lab.play("reference", "--check")
    assert {host: bare_lab.host(host, "sh", "-c", LOOK) for host in bare_lab.hosts} == before
    assert all(checked.changed[host] > 0 for host in bare_lab.hosts), "a check run says what would be changed"
    assert "would install docker.io" in checked.said
