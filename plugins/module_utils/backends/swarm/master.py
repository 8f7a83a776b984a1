"""A master as a job service of the Swarm."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils import names
from ansible_collections.alparque.festival.plugins.module_utils.backends import labels
from ansible_collections.alparque.festival.plugins.module_utils.backends.base import JOB_FOLDER, Ended
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.keys import key_files
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.missing import missing_workers
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.placement import (
    count_workers,
    nodes_to_count_by,
    slots_of,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.pool import address, wanted_tasks
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.service import (
    create_service,
    find_service,
    network_id,
    remove_service,
    tasks_of,
)
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.docker.containers import remove_container
from ansible_collections.alparque.festival.plugins.module_utils.docker.units import NANOSECONDS, resources
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.names import JOB_LABEL, POOL_LABEL

#: States in which a task of the swarm stays. The other ones lead to these.
ENDED_STATES = ("complete", "failed", "rejected", "shutdown", "orphaned", "remove")


class SwarmMaster:
    """A master as a Swarm job service, pinned to the manager that holds the job's folder."""

    def __init__(self, client: t.Any, params: dict, name: str = "") -> None:
        self.client = client
        self.params = params
        self.name = name or names.master(params["prefix"], params["id"])

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
        """Return how it ended, or None while it runs, is about to, or will be started again."""
        tasks = tasks_of(self.client, self.name)
        if not tasks or any(task["Status"]["State"] not in ENDED_STATES for task in tasks):
            return None
        status = tasks[-1]["Status"]
        # The swarm keeps all tasks of a job, so their number says whether it will try again.
        if status["State"] in ("failed", "rejected") and len(tasks) <= self._restarts():
            return None
        return Ended(status.get("Err") or status.get("Message") or status["State"])

    def attempts(self) -> int:
        """Return how often it was started."""
        return len(tasks_of(self.client, self.name))

    def out_of_memory(self) -> bool:
        """Say whether the kernel killed one of its processes for want of memory."""
        with docker_errors(f"Looking at the container of master {self.name}"):
            return any(self.client.inspect_container(found["Id"])["State"]["OOMKilled"] for found in self._containers())

    def waiting_for(self) -> str:
        """Return the engine's words on a master that has not started yet."""
        tasks = tasks_of(self.client, self.name)
        return tasks[-1]["Status"].get("Err", "") if tasks else ""

    def missing(self) -> dict | None:
        pool = labels.of_master(self.params).get(POOL_LABEL)
        return missing_workers(self.client, self.name, pool, self.params["network"]) if pool else {}

    def remove(self) -> None:
        # First the service, or the swarm would start another container in the place of the one that goes.
        if self.exists():
            remove_service(self.client, self.name)
        # The swarm forgets a removed job's container and even lets it run on (seen with engine 20.10).
        for container in self._containers():
            remove_container(self.client, container["Id"])

    def _containers(self) -> list[dict]:
        label = f"com.docker.swarm.service.name={self.name}"
        with docker_errors(f"Looking for the container of master {self.name}"):
            return self.client.containers(all=True, filters={"label": label})

    def _restarts(self) -> int:
        service = find_service(self.client, self.name) or {}
        policy = service.get("Spec", {}).get("TaskTemplate", {}).get("RestartPolicy", {})
        return policy.get("MaxAttempts", 0) if policy.get("Condition") == "on-failure" else 0

    def _pool_env(self) -> dict[str, str]:
        pool = self.params["pool"]
        service = find_service(self.client, pool)
        if not service:
            raise FestivalError(f"Pool {pool} is not there. Run playbooks/workers.yml first.")
        tasks = wanted_tasks(tasks_of(self.client, pool))
        return {
            "FESTIVAL_POOL": pool,
            "FESTIVAL_POOL_ADDRESS": address(pool),
            "FESTIVAL_CONTAINERS": str(len(tasks)),
            "FESTIVAL_SLOTS": str(slots_of(service["Spec"])),
            "FESTIVAL_WORKERS": str(
                count_workers(service["Spec"], tasks, nodes_to_count_by(self.client, service["Spec"]))
            ),
        }

    def _spec(self, folder: str, env: dict[str, str]) -> dict:
        params = self.params
        with docker_errors("Asking the engine for its node"):
            node = self.client.info()["Swarm"]["NodeID"]
        return {
            "Name": self.name,
            "Labels": labels.of_master(params),
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": params["image"],
                    "Hostname": params["hostname"] or params["id"],
                    "Args": params["command"],
                    "Env": [f"{key}={value}" for key, value in sorted(env.items())],
                    "Mounts": [{"Type": "bind", "Source": folder, "Target": JOB_FOLDER}],
                    **key_files(self.client, params, params["pool"]),
                },
                "Resources": {"Limits": resources(params["limit_cpus"], params["limit_memory"])},
                "RestartPolicy": restart_policy(params["restarts"]),
                "Placement": {"Constraints": [f"node.id == {node}"]},
                "Networks": [{"Target": network_id(self.client, params["network"])}] if params["network"] else [],
            },
            "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
            "EndpointSpec": {"Mode": "dnsrr"},
        }


def restart_policy(restarts: int) -> dict:
    """Return the swarm's policy for a master: it is started again when it died, not when the script has ended."""
    if not restarts:
        return {"Condition": "none"}
    return {"Condition": "on-failure", "MaxAttempts": restarts, "Delay": NANOSECONDS}


def masters_of(client: t.Any, prefix: str, pool: str) -> dict[str, str]:
    """Return the masters that a pool of a cluster was given to: name → job."""
    with docker_errors(f"Looking for the masters of pool {pool}"):
        found = client.services(labels.masters_of(prefix, pool))
    return {service["Spec"]["Name"]: service["Spec"]["Labels"][JOB_LABEL] for service in found}
