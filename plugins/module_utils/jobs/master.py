"""The container in which a job's script runs, as a service of the swarm or as a plain container of one engine."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.engine import FestivalError, engine_errors
from ansible_collections.alparque.festival.plugins.module_utils.swarm.pool import SLOTS_LABEL, wanted_tasks
from ansible_collections.alparque.festival.plugins.module_utils.swarm.service import (
    SECOND,
    create_service,
    find_service,
    mounted_files,
    network_id,
    remove_service,
    resources,
    tasks_of,
    to_bytes,
)

#: Where a job's folder is in its container.
JOB_FOLDER = "/job"


class Ended(t.NamedTuple):
    """How a master ended, as far as its engine knows."""

    message: str


class SwarmMaster:
    """A master as a Swarm job service, pinned to the manager that holds the job's folder."""

    def __init__(self, client: t.Any, params: dict) -> None:
        self.client = client
        self.params = params
        self.name = params["name"]

    def exists(self) -> bool:
        return find_service(self.client, self.name) is not None

    def plan(self, folder: str, env: dict[str, str]) -> dict:
        """Return the service's spec; raise FestivalError where something that it needs is not there."""
        if self.params["pool"]:
            env = {**env, **self._pool_env()}
        return self._spec(folder, env)

    def start(self, plan: dict) -> None:
        create_service(self.client, plan)

    def ended(self) -> Ended | None:
        """Return how it ended, or None while it runs or is about to."""
        tasks = tasks_of(self.client, self.name)
        if not tasks:
            return None
        status = tasks[-1]["Status"]
        if status["State"] in ("complete", "failed", "rejected", "shutdown", "orphaned", "remove"):
            return Ended(status.get("Err") or status.get("Message") or status["State"])
        return None

    def waiting_for(self) -> str:
        """Return the engine's words on a master that has not started yet."""
        tasks = tasks_of(self.client, self.name)
        return tasks[-1]["Status"].get("Err", "") if tasks else ""

    def remove(self) -> None:
        if not self.exists():
            return
        # The swarm forgets a removed job's container and even lets it run on (seen with engine 20.10).
        label = f"com.docker.swarm.service.name={self.name}"
        with engine_errors(f"Removing the container of master {self.name}"):
            for container in self.client.containers(all=True, filters={"label": label}):
                self.client.remove_container(container["Id"], force=True, v=True)
        remove_service(self.client, self.name)

    def _pool_env(self) -> dict[str, str]:
        pool = self.params["pool"]
        service = find_service(self.client, pool)
        if not service:
            raise FestivalError(f"Pool {pool} is not there. Run playbooks/workers.yml first.")
        containers = len(wanted_tasks(tasks_of(self.client, pool)))
        slots = service["Spec"]["Labels"].get(SLOTS_LABEL, "1")
        return {"FESTIVAL_POOL": f"tasks.{pool}", "FESTIVAL_CONTAINERS": str(containers), "FESTIVAL_SLOTS": slots}

    def _spec(self, folder: str, env: dict[str, str]) -> dict:
        params = self.params
        with engine_errors("Asking the engine for its node"):
            node = self.client.info()["Swarm"]["NodeID"]
        return {
            "Name": self.name,
            "Labels": {"festival.job": params["id"]},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": params["image"],
                    "Hostname": params["hostname"] or params["id"],
                    "Args": params["command"],
                    "Env": [f"{key}={value}" for key, value in sorted(env.items())],
                    "Mounts": [{"Type": "bind", "Source": folder, "Target": JOB_FOLDER}],
                    **mounted_files(self.client, params["secrets"], params["configs"]),
                },
                "Resources": {"Limits": resources(params["limit_cpus"], params["limit_memory"])},
                "RestartPolicy": {"Condition": "none"},
                "Placement": {"Constraints": [f"node.id == {node}"]},
                "Networks": [{"Target": network_id(self.client, params["network"])}] if params["network"] else [],
            },
            "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
            "EndpointSpec": {"Mode": "dnsrr"},
        }


class ContainerMaster:
    """A master as a container of one engine, for the docker backend."""

    def __init__(self, client: t.Any, params: dict) -> None:
        self.client = client
        self.params = params
        self.name = params["name"]

    def exists(self) -> bool:
        return self._inspect() is not None

    def plan(self, folder: str, env: dict[str, str]) -> dict:
        """Return the SDK's arguments for the container."""
        params = self.params
        if params["workers"]:
            containers = str(len(params["workers"]))
            env = {**env, "FESTIVAL_POOL": " ".join(params["workers"]), "FESTIVAL_CONTAINERS": containers}
            env["FESTIVAL_SLOTS"] = str(params["slots"])
        return {
            "image": params["image"],
            "command": params["command"],
            "hostname": params["hostname"] or params["id"],
            "name": self.name,
            "labels": {"festival.job": params["id"]},
            "environment": env,
            "host_config": self._host_config(folder),
            "networking_config": self._networking(),
        }

    def start(self, plan: dict) -> None:
        with engine_errors(f"Starting master {self.name}"):
            container = self.client.create_container(**plan)
            self.client.start(container["Id"])

    def ended(self) -> Ended | None:
        """Return how it ended, or None while it runs."""
        found = self._inspect()
        if found is None:
            return Ended("its container is gone")
        state = found["State"]
        if state["Status"] in ("exited", "dead"):
            return Ended(
                state["Error"] or ("out of memory" if state["OOMKilled"] else f"exit code {state['ExitCode']}")
            )
        return None

    def waiting_for(self) -> str:
        """A container starts at once or not at all."""
        return ""

    def remove(self) -> None:
        if self.exists():
            with engine_errors(f"Removing master {self.name}"):
                self.client.remove_container(self.name, force=True, v=True)

    def _inspect(self) -> dict | None:
        with engine_errors(f"Looking for master {self.name}"):
            if not self.client.containers(all=True, filters={"name": f"^/{self.name}$"}):
                return None
            return self.client.inspect_container(self.name)

    def _host_config(self, folder: str) -> dict:
        params = self.params
        read_only = [f"{entry['source']}:{entry['target']}:ro" for entry in params["key_files"]]
        limits = {}
        if params["limit_cpus"]:
            limits["nano_cpus"] = int(params["limit_cpus"] * SECOND)
        if params["limit_memory"]:
            limits["mem_limit"] = to_bytes(params["limit_memory"])
        return self.client.create_host_config(
            binds=[f"{folder}:{JOB_FOLDER}:rw", *read_only], network_mode=params["network"] or "none", **limits
        )

    def _networking(self) -> dict | None:
        if not self.params["network"]:
            return None
        endpoint = self.client.create_endpoint_config(ipv4_address=self.params["address"])
        return self.client.create_networking_config({self.params["network"]: endpoint})


def master_for(client: t.Any, params: dict) -> SwarmMaster | ContainerMaster:
    """Return the master that the backend calls for."""
    return SwarmMaster(client, params) if params["backend"] == "swarm" else ContainerMaster(client, params)
