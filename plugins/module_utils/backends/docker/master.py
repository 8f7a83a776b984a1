"""A master as a container of the one host's engine."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils import names
from ansible_collections.alparque.festival.plugins.module_utils.backends import labels
from ansible_collections.alparque.festival.plugins.module_utils.backends.base import JOB_FOLDER, Ended
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker import pool
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.keys import key_binds
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.docker.containers import (
    limits,
    networking,
    remove_container,
)
from ansible_collections.alparque.festival.plugins.module_utils.names import JOB_LABEL


class ContainerMaster:
    """A master as a container of one engine."""

    def __init__(self, client: t.Any, params: dict, name: str = "") -> None:
        self.client = client
        self.params = params
        # On one host containers are reached by their names, and a master may be given one.
        self.name = name or params["hostname"] or names.master(params["prefix"], params["id"])

    def exists(self) -> bool:
        return self._inspect() is not None

    def plan(self, folder: str, env: dict[str, str]) -> dict:
        """Return the SDK's arguments for the container; raise FestivalError where its pool is not there."""
        params = self.params
        if params["pool"]:
            env = {**env, **pool.told_to_masters(self.client, params)}
        return {
            "image": params["image"],
            "command": params["command"],
            "hostname": params["hostname"] or params["id"],
            "name": self.name,
            "labels": labels.of_master(params),
            "environment": env,
            "host_config": self._host_config(folder),
            "networking_config": networking(self.client, params["network"], params["address"]),
        }

    def start(self, plan: dict) -> None:
        with docker_errors(f"Starting master {self.name}"):
            container = self.client.create_container(**plan)
            self.client.start(container["Id"])

    def ended(self) -> Ended | None:
        """Return how it ended, or None while it runs."""
        found = self._inspect()
        if found is None:
            return Ended("its container is gone")
        state = found["State"]
        if state["Status"] in ("exited", "dead"):
            return Ended(state["Error"] or f"exit code {state['ExitCode']}")
        return None

    def attempts(self) -> int:
        """Return how often it was started."""
        found = self._inspect()
        return found["RestartCount"] + 1 if found else 0

    def out_of_memory(self) -> bool:
        """Say whether the kernel killed one of its processes for want of memory."""
        found = self._inspect()
        return bool(found and found["State"]["OOMKilled"])

    def waiting_for(self) -> str:
        """A container starts at once or not at all."""
        return ""

    def missing(self) -> dict:
        """Its workers are on its own host."""
        return {}

    def remove(self) -> None:
        if self.exists():
            remove_container(self.client, self.name)

    def _inspect(self) -> dict | None:
        with docker_errors(f"Looking for master {self.name}"):
            if not self.client.containers(all=True, filters={"name": f"^/{self.name}$"}):
                return None
            return self.client.inspect_container(self.name)

    def _host_config(self, folder: str) -> dict:
        params = self.params
        restart = {"Name": "on-failure", "MaximumRetryCount": params["restarts"]} if params["restarts"] else None
        return self.client.create_host_config(
            binds=[f"{folder}:{JOB_FOLDER}:rw", *key_binds(params["keys"], params["pool"])],
            network_mode=params["network"] or "none",
            restart_policy=restart,
            **limits(params["limit_cpus"], params["limit_memory"]),
        )


def masters_of(client: t.Any, prefix: str, pool: str) -> dict[str, str]:
    """Return the masters that a pool of a cluster was given to: name → job."""
    with docker_errors(f"Looking for the masters of pool {pool}"):
        found = client.containers(all=True, filters=labels.masters_of(prefix, pool))
    return {container["Names"][0].lstrip("/"): container["Labels"][JOB_LABEL] for container in found}
