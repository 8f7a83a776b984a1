"""What several rooms do with a container of one engine."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import APIError, NotFound
from ansible_collections.alparque.festival.plugins.module_utils.docker.units import NANOSECONDS, to_bytes, to_nano_cpus
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError


def remove_container(client: t.Any, container: str) -> None:
    """Remove a container, also when somebody else is doing so already."""
    try:
        client.remove_container(container, force=True, v=True)
    except NotFound:
        pass
    except APIError as error:
        if "already in progress" not in str(error):
            raise FestivalError(f"Removing container {container}: the engine says: {error.explanation}") from error


def limits(cpus: float | None, memory: str | None) -> dict[str, int]:
    """Return the SDK's limits for a container; what is not limited is left out."""
    wanted = {"nano_cpus": to_nano_cpus(cpus), "mem_limit": to_bytes(memory) if memory else 0}
    return {name: value for name, value in wanted.items() if value}


def networking(client: t.Any, network: str, address: str | None) -> dict | None:
    """Return the SDK's form of a container's one network and its address there; None for no network."""
    if not network:
        return None
    endpoint = client.create_endpoint_config(ipv4_address=address or None)
    return client.create_networking_config({network: endpoint})


def health(command: str, interval: int) -> dict:
    """Return Docker's form of a bash command that succeeds in a well container, run every ``interval`` seconds."""
    return {
        "Test": ["CMD", "bash", "-c", command],
        "Interval": interval * NANOSECONDS,
        "Timeout": 5 * NANOSECONDS,
        "Retries": 3,
    }
