"""Restart a host's engine, from within a module that speaks to it."""

from __future__ import annotations

import subprocess
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

COMMAND = ("systemctl", "restart", "docker.service")

#: Seconds in which the engine has to answer again: it first ends its containers.
COMES_UP = 90


def _swarm_state(client: t.Any) -> str:
    """Return the state of this engine in its swarm; empty while the engine does not answer. Private."""
    try:
        with docker_errors("Asking the engine for its swarm"):
            return client.info()["Swarm"]["LocalNodeState"]
    except FestivalError:
        return ""


def restart(client: t.Any, name: str, timeout: float = COMES_UP) -> None:
    """Restart the engine of host ``name``; return when it answers and knows again whether it is in a swarm."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
        problem = done.stderr.strip().rstrip(".") if done.returncode else ""
    except OSError as error:
        problem = str(error)
    if not problem:
        back, state = wait_until(lambda: _swarm_state(client), lambda seen: seen not in ("", "pending"), timeout)
        problem = "" if back else f"{timeout:g} s later {'its swarm is pending' if state else 'it does not answer'}"
    if problem:
        raise FestivalError(
            f"Host {name}: {' '.join(COMMAND)} does not bring the engine back: {problem}. "
            "See journalctl -u docker there, mend what it names, and run again."
        )
