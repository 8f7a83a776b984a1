"""The pool of one host: worker containers with names and addresses of their own, kept as specified."""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.keys import key_binds
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import NotFound, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.docker.containers import (
    health,
    limits,
    networking,
    remove_container,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL, SLOTS_LABEL
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: Labels of a worker container: its pool, and what it was made from.
WORKERS_LABEL = "festival.workers"
SPEC_LABEL = "festival.spec"


def members(client: t.Any, prefix: str, pool: str) -> dict[str, dict]:
    """Return a pool's containers by name, whether they run or not."""
    with docker_errors(f"Looking for the containers of pool {pool}"):
        label = [f"{CLUSTER_LABEL}={prefix}", f"{WORKERS_LABEL}={pool}"]
        found = client.containers(all=True, filters={"label": label})
    return {container["Names"][0].lstrip("/"): container for container in found}


def told_to_masters(client: t.Any, params: dict) -> dict[str, str]:
    """Return what a master is told of its pool; raise FestivalError where there is none."""
    found = members(client, params["prefix"], params["pool"])
    if not found:
        raise FestivalError(f"Pool {params['pool']} is not there. Run playbooks/workers.yml first.")
    slots = next(iter(found.values()))["Labels"][SLOTS_LABEL]
    return {
        "FESTIVAL_POOL": params["pool"],
        "FESTIVAL_POOL_ADDRESS": " ".join(sorted(found)),
        "FESTIVAL_CONTAINERS": str(len(found)),
        "FESTIVAL_SLOTS": slots,
    }


def build_spec(params: dict, entry: dict, host: str) -> dict[str, t.Any]:
    """Return what makes one container what it is."""
    own = {
        "FESTIVAL_HOST": host,
        "FESTIVAL_SLOTS": str(params["slots"]),
        "FESTIVAL_POOL": params["name"],
        "FESTIVAL_POOL_ADDRESS": " ".join(sorted(each["name"] for each in params["containers"])),
    }
    return {
        "image": params["image"],
        "hostname": entry["name"].replace("_", "-"),
        "env": {**params["env"], **own},
        "network": params["network"],
        "address": entry["address"],
        "binds": key_binds(params["keys"], params["name"]),
        "limits": limits(params["limit_cpus"], params["limit_memory"]),
        "slots": params["slots"],
        "health": health(params["health_command"], params["health_interval"]),
    }


def fingerprint(spec: dict) -> str:
    """Return a text that changes when anything of a spec does."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:12]


def changes_of(found: dict[str, dict], specs: dict[str, dict]) -> dict[str, tuple[str, str]]:
    """Return by container what it is and what it should be, where the two differ."""
    changes = {name: ("there", "gone") for name in found if name not in specs}
    for name, spec in specs.items():
        if name not in found:
            changes[name] = ("not there", "running")
        elif found[name]["Labels"].get(SPEC_LABEL) != fingerprint(spec):
            changes[name] = ("of another specification", "made anew")
        elif found[name]["State"] != "running":
            changes[name] = (found[name]["State"], "running")
    return changes


def create(client: t.Any, params: dict, name: str, spec: dict) -> None:
    """Make and start a container."""
    labels = {CLUSTER_LABEL: params["prefix"], WORKERS_LABEL: params["name"], SLOTS_LABEL: str(spec["slots"])}
    try:
        with docker_errors(f"Making container {name} of pool {params['name']}"):
            made = client.create_container(
                image=spec["image"],
                name=name,
                hostname=spec["hostname"],
                environment=spec["env"],
                labels={**labels, SPEC_LABEL: fingerprint(spec)},
                healthcheck=spec["health"],
                host_config=client.create_host_config(
                    binds=spec["binds"],
                    network_mode=spec["network"],
                    restart_policy={"Name": "unless-stopped"},
                    # Ranks of MPI in one container speak through it, and the engine's 64 MB are soon full.
                    tmpfs={"/dev/shm": "rw,nosuid,nodev"},
                    **spec["limits"],
                ),
                networking_config=networking(client, spec["network"], spec["address"]),
            )
            client.start(made["Id"])
    except FestivalError as error:
        raise FestivalError(f"{error}. Mend what the engine names, and run again.") from error


def see_free(client: t.Any, name: str) -> None:
    """Remove a container of that name that an earlier release of ours has made; raise FestivalError for somebody else's."""
    try:
        with docker_errors(f"Looking for container {name}"):
            there = client.inspect_container(name)
    except FestivalError as error:
        if isinstance(error.__cause__, NotFound):
            return
        raise
    if SLOTS_LABEL not in there["Config"]["Labels"] or WORKERS_LABEL in there["Config"]["Labels"]:
        raise FestivalError(
            f"A container called {name} is there and is none of this pool's. Give workers_containers another name, or remove it."
        )
    remove_container(client, there["Id"])


def wait_healthy(client: t.Any, params: dict) -> dict[str, dict]:
    """Wait until all containers are healthy; raise FestivalError with those that are not."""

    def look() -> dict[str, dict]:
        return members(client, params["prefix"], params["name"])

    def well(found: dict[str, dict]) -> bool:
        return all("(healthy)" in container["Status"] for container in found.values())

    reached, found = wait_until(look, well, params["timeout"])
    if reached:
        return found
    lines = [f"- {name}: {each['Status']}" for name, each in sorted(found.items()) if "(healthy)" not in each["Status"]]
    raise FestivalError(
        f"Pool {params['name']} has not converged after {params['timeout']:g} s:\n" + "\n".join(lines) + "\n"
        "See the log of these (docker logs on the host), mend the image or the limits, or raise workers_timeout."
    )


def describe(params: dict, found: dict[str, dict], host: str) -> dict:
    """Return the pool as data."""
    running = [container for container in found.values() if container["State"] == "running"]
    return {
        "name": params["name"],
        "containers": len(running),
        "slots": params["slots"],
        "workers": len(running) * params["slots"],
        "containers_per_host": {host: len(running)} if running else {},
        "task_ids": [container["Id"] for container in running],
    }


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Have the pool as specified and healthy, or have none."""
    with docker_errors("Asking the engine for its name"):
        host = client.info()["Name"]
    found = members(client, params["prefix"], params["name"])
    wanted = params["containers"] if params["state"] == "present" else []
    specs = {entry["name"]: build_spec(params, entry, host) for entry in wanted}
    changes = changes_of(found, specs)
    for name in [] if check_mode else changes:
        put(client, params, found.get(name), name, specs.get(name))
    pool = None
    if params["state"] == "present":
        pool = describe(params, found if check_mode else wait_healthy(client, params), host)
    before, after = ({name: pair[side] for name, pair in changes.items()} for side in (0, 1))
    return {"changed": bool(changes), "pool": pool, "diff": {"before": before, "after": after}}


def put(client: t.Any, params: dict, found: dict | None, name: str, spec: dict | None) -> None:
    """Bring one container to its spec; None is to have none."""
    if found and spec and found["Labels"].get(SPEC_LABEL) == fingerprint(spec):
        with docker_errors(f"Starting container {name}"):
            client.start(found["Id"])
        return
    if found:
        remove_container(client, found["Id"])
    if spec:
        see_free(client, name)
        create(client, params, name, spec)
