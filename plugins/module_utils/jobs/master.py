"""The container in which a job's script runs, as a service of the swarm or as a plain container of one engine."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.pool import (
    SLOTS_LABEL,
    address,
    wanted_tasks,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.service import (
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
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import APIError, NotFound, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

#: Where a job's folder is in its container.
JOB_FOLDER = "/job"

#: Labels of a master's service or container: its job, and the pool that it holds.
JOB_LABEL = "festival.job"
POOL_LABEL = "festival.pool"

#: States in which a task of the swarm stays. The other ones lead to these.
ENDED_STATES = ("complete", "failed", "rejected", "shutdown", "orphaned", "remove")


class Ended(t.NamedTuple):
    """How a master ended, as far as its engine knows."""

    message: str


def labels(params: dict) -> dict[str, str]:
    """Return what a master is known by. A job that takes no workers holds no pool."""
    held = {POOL_LABEL: params["pool"]} if params["pool"] and params["engine"] != "none" else {}
    return {JOB_LABEL: params["id"], **held}


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
        containers = len(wanted_tasks(tasks_of(self.client, pool)))
        slots = service["Spec"]["Labels"].get(SLOTS_LABEL, "1")
        return {
            "FESTIVAL_POOL": pool,
            "FESTIVAL_POOL_ADDRESS": address(pool),
            "FESTIVAL_CONTAINERS": str(containers),
            "FESTIVAL_SLOTS": slots,
        }

    def _spec(self, folder: str, env: dict[str, str]) -> dict:
        params = self.params
        with docker_errors("Asking the engine for its node"):
            node = self.client.info()["Swarm"]["NodeID"]
        return {
            "Name": self.name,
            "Labels": labels(params),
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
                "RestartPolicy": restart_policy(params["restarts"]),
                "Placement": {"Constraints": [f"node.id == {node}"]},
                "Networks": [{"Target": network_id(self.client, params["network"])}] if params["network"] else [],
            },
            "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
            "EndpointSpec": {"Mode": "dnsrr"},
        }


def remove_container(client: t.Any, container: str) -> None:
    """Remove a container, also when somebody else is doing so already."""
    try:
        client.remove_container(container, force=True, v=True)
    except NotFound:
        pass
    except APIError as error:
        if "already in progress" not in str(error):
            raise FestivalError(f"Removing container {container}: the engine says: {error.explanation}") from error


def restart_policy(restarts: int) -> dict:
    """Return the swarm's policy for a master: it is started again when it died, not when the script has ended."""
    if not restarts:
        return {"Condition": "none"}
    return {"Condition": "on-failure", "MaxAttempts": restarts, "Delay": SECOND}


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
            env = {**env, "FESTIVAL_POOL": params["pool"], "FESTIVAL_POOL_ADDRESS": " ".join(params["workers"])}
            env |= {"FESTIVAL_CONTAINERS": containers, "FESTIVAL_SLOTS": str(params["slots"])}
        return {
            "image": params["image"],
            "command": params["command"],
            "hostname": params["hostname"] or params["id"],
            "name": self.name,
            "labels": labels(params),
            "environment": env,
            "host_config": self._host_config(folder),
            "networking_config": self._networking(),
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
        read_only = [f"{entry['source']}:{entry['target']}:ro" for entry in params["key_files"]]
        limits: dict[str, t.Any] = {}
        if params["restarts"]:
            limits["restart_policy"] = {"Name": "on-failure", "MaximumRetryCount": params["restarts"]}
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


def masters_of_pool(client: t.Any, backend: str, pool: str) -> dict[str, str]:
    """Return the masters that a pool has been given to: name → job. Whether they still run is not said."""
    filters = {"label": f"{POOL_LABEL}={pool}"}
    with docker_errors(f"Looking for the masters of pool {pool}"):
        if backend == "swarm":
            found = [(service["Spec"]["Name"], service["Spec"]["Labels"]) for service in client.services(filters)]
        else:
            listed = client.containers(all=True, filters=filters)
            found = [(container["Names"][0].lstrip("/"), container["Labels"]) for container in listed]
    return {name: held[JOB_LABEL] for name, held in found}
