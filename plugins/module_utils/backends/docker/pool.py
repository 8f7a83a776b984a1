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
from ansible_collections.alparque.festival.plugins.module_utils.docker.units import resources
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL, SLOTS_LABEL
from ansible_collections.alparque.festival.plugins.module_utils.slots import planned
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: Labels of a worker container: its pool, and what it was made from.
WORKERS_LABEL = "festival.workers"
SPEC_LABEL = "festival.spec"

#: What becomes of a container, and states of one that the engine starts no more.
GONE, ANEW, RUNNING = "gone", "made anew", "running"
LOST = ("dead", "removing")


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
    slots = [container["Labels"][SLOTS_LABEL] for container in found.values()]
    return {
        "FESTIVAL_POOL": params["pool"],
        "FESTIVAL_POOL_ADDRESS": " ".join(sorted(found)),
        "FESTIVAL_CONTAINERS": str(len(found)),
        "FESTIVAL_SLOTS": slots[0],
        "FESTIVAL_WORKERS": str(sum(map(int, slots))),
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


def network_ids(client: t.Any, name: str) -> set[str]:
    """Return the ids of the networks of that name."""
    with docker_errors(f"Looking for network {name}"):
        return {network["Id"] for network in client.networks(names=[name]) if network["Name"] == name}


def as_specified(container: dict, spec: dict, networks: set[str]) -> bool:
    """Say whether a container was made from a spec, and is in the network that has this name now."""
    endpoint = container["NetworkSettings"]["Networks"].get(spec["network"])
    # A network that is made anew loses its containers. One that has never been started has no id yet.
    there = endpoint is not None and (endpoint["NetworkID"] or "") in {"", *networks}
    return there and container["Labels"].get(SPEC_LABEL) == fingerprint(spec)


def changes_of(found: dict[str, dict], specs: dict[str, dict], networks: set[str]) -> dict[str, tuple[str, str]]:
    """Return by container what it is and what it should be, where the two differ."""
    changes = {name: ("there", GONE) for name in found if name not in specs}
    for name, spec in specs.items():
        if name not in found:
            changes[name] = ("not there", RUNNING)
        elif not as_specified(found[name], spec, networks):
            changes[name] = ("of another specification", ANEW)
        elif found[name]["State"] in LOST:
            changes[name] = (found[name]["State"], ANEW)
        elif found[name]["State"] != "running":
            changes[name] = (found[name]["State"], RUNNING)
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
        "workers_per_host": {host: len(running) * params["slots"]} if running else {},
        "task_ids": [container["Id"] for container in running],
    }


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Have the pool as specified and healthy, or have none."""
    with docker_errors("Asking the engine for its name"):
        about = client.info()
    host = about["Name"]
    found = members(client, params["prefix"], params["name"])
    wanted = params["containers"] if params["state"] == "present" else []
    # One host is known, so that its containers are told a number.
    slots = planned(params["slots"], params["memory_per_slot"], len(wanted), 1)
    limits = resources(params["limit_cpus"], params["limit_memory"])
    params = {**params, "slots": slots.on(about.get("NCPU"), about.get("MemTotal"), limits)}
    specs = {entry["name"]: build_spec(params, entry, host) for entry in wanted}
    changes = changes_of(found, specs, network_ids(client, params["network"]) if wanted else set())
    if not check_mode:
        apply(client, params, found, specs, {name: after for name, (_, after) in changes.items()})
    pool = None
    if params["state"] == "present":
        pool = describe(params, found if check_mode else wait_healthy(client, params), host)
    before, after = ({name: pair[side] for name, pair in changes.items()} for side in (0, 1))
    return {"changed": bool(changes), "pool": pool, "diff": {"before": before, "after": after}}


def apply(client: t.Any, params: dict, found: dict, specs: dict, becomes: dict[str, str]) -> None:
    """Bring the containers to their specs."""
    for name in [name for name in becomes if name not in found]:
        see_free(client, name)
    # All that go do so first: another one may be given their address.
    for name in [name for name, after in becomes.items() if after in (GONE, ANEW)]:
        remove_container(client, found[name]["Id"])
    for name in [name for name, after in becomes.items() if after != GONE]:
        if becomes[name] == ANEW or name not in found:
            create(client, params, name, specs[name])
        else:
            wake(client, name, found[name])


def wake(client: t.Any, name: str, container: dict) -> None:
    """Have a container run that was stopped or paused."""
    with docker_errors(f"Starting container {name}"):
        (client.unpause if container["State"] == "paused" else client.start)(container["Id"])
