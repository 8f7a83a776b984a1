"""How far a lab host is: booting, up, or lost."""

from __future__ import annotations

import socket
import typing as t

#: Says in one exec how far a host is: systemd's state, its host key, who may log in.
PROBE = r"""
echo "state $(systemctl is-system-running 2>/dev/null)"
sed 's/^/host_key /' /etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null
sed 's/^/authorized /' /root/.ssh/authorized_keys 2>/dev/null
"""

#: After so many restarts in a row a host is lost: its entrypoint fails again and again.
LOST = 3


def parse_probe(output: str) -> dict:
    """Return systemd's state, the host key and the keys that may log in, as the probe printed them."""
    found: dict[str, list[str]] = {"state": [], "host_key": [], "authorized": []}
    for line in output.splitlines():
        kind, _, value = line.partition(" ")
        if kind in found:
            found[kind].append(value.strip())
    key = " ".join("".join(found["host_key"][:1]).split()[:2])
    return {"state": "".join(found["state"][:1]), "host_key": key, "authorized": found["authorized"]}


def observe(client: t.Any, container: str, address: str) -> dict:
    """Return what a host says of itself, whether its sshd answers, and whether there is no hope for it."""
    known = client.inspect_container(container)
    state = known["State"]
    lost = not state["Running"] or (state["Restarting"] and known["RestartCount"] >= LOST)
    output = b""
    if not lost and not state["Restarting"]:
        output = client.exec_start(client.exec_create(container, ["/bin/sh", "-c", PROBE], stderr=False))
    return {**parse_probe(output.decode(errors="replace")), "sshd": sshd_answers(address), "lost": lost}


def is_up(seen: dict) -> bool:
    """Say whether a host can be logged in to."""
    return bool(seen["state"] in ("running", "degraded") and seen["host_key"] and seen["sshd"])


def is_settled(seen: dict) -> bool:
    """Say whether waiting is over: the host is up, or never will be."""
    return seen["lost"] or is_up(seen)


def sshd_answers(address: str) -> bool:
    """Say whether an ssh server introduces itself there."""
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            connection.settimeout(2)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
