"""The pool: the Swarm service that keeps the worker containers running, and when it has converged."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.keys import key_files
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import list_nodes
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.placement import (
    count_workers,
    slots_of,
    slots_on,
    slots_wanted,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.reach import pool_places
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.service import (
    create_service,
    differences,
    find_service,
    network_id,
    remove_service,
    tasks_of,
    update_service,
)
from ansible_collections.alparque.festival.plugins.module_utils.docker.containers import health
from ansible_collections.alparque.festival.plugins.module_utils.docker.units import NANOSECONDS, resources
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL, SLOTS_LABEL
from ansible_collections.alparque.festival.plugins.module_utils.slots import Slots
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: Label of the containers of a pool: where they may run.
CONSTRAINTS_LABEL = "festival.constraints"

#: Ranks of MPI in one container speak through it, and the engine's 64 MB are soon full.
MOUNTS = [{"Type": "tmpfs", "Target": "/dev/shm"}]


def address(pool: str) -> str:
    """Return the name by which the swarm's name service knows all containers of a pool: ``FESTIVAL_POOL_ADDRESS``."""
    return f"tasks.{pool}"


def environment(name: str, given: dict, slots: Slots) -> list[str]:
    """Return the containers' environment; the swarm itself puts in the name of the host that each of them runs on."""
    own = {
        "FESTIVAL_HOST": "{{.Node.Hostname}}",
        "FESTIVAL_SLOTS": slots,
        "FESTIVAL_POOL": name,
        "FESTIVAL_POOL_ADDRESS": address(name),
    }
    return [f"{key}={value}" for key, value in sorted({**given, **own}.items())]


def build_spec(params: dict, files: dict, network: str, slots: Slots) -> dict:
    """Return the service spec for a pool. dnsrr: masters address each worker; virtual addresses would also need IPVS."""
    replicated = {"Replicated": {"Replicas": params["replicas"]}}
    return {
        "Name": params["name"],
        "Labels": {CLUSTER_LABEL: params["prefix"], SLOTS_LABEL: str(slots)},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": params["image"],
                "Env": environment(params["name"], params["env"], slots),
                "Healthcheck": health(params["health_command"], params["health_interval"]),
                "StopGracePeriod": 5 * NANOSECONDS,
                "Mounts": MOUNTS,
                # The swarm leaves a task alone that new constraints allow where it is, and its spec is the old one for ever.
                # Constraints that are part of the container make it start anew, so that all tasks have one spec.
                "Labels": {CONSTRAINTS_LABEL: " and ".join(params["constraints"])},
                **files,
            },
            "Resources": {
                "Limits": resources(params["limit_cpus"], params["limit_memory"]),
                "Reservations": resources(params["reserve_cpus"], params["reserve_memory"]),
            },
            "RestartPolicy": {"Condition": "any", "Delay": NANOSECONDS},
            "Placement": {"Constraints": params["constraints"]},
            "Networks": [{"Target": network}],
        },
        "Mode": replicated if params["mode"] == "replicated" else {"Global": {}},
        "UpdateConfig": {
            "Parallelism": params["update_parallelism"],
            "Delay": params["update_delay"] * NANOSECONDS,
            "Order": params["update_order"],
            "FailureAction": "pause",
        },
        "EndpointSpec": {"Mode": "dnsrr"},
    }


def wanted_tasks(tasks: list[dict]) -> list[dict]:
    """Return the tasks that the swarm means to keep running."""
    return [task for task in tasks if task["DesiredState"] in ("running", "ready")]


def converged(tasks: list[dict], spec: dict) -> bool:
    """Say whether every wanted task runs the present spec. A task only counts as running once its health check passed."""
    wanted = wanted_tasks(tasks)
    expected = spec["Mode"].get("Replicated", {}).get("Replicas")
    return (
        (len(wanted) == expected if expected is not None else bool(wanted))
        and all(task["Status"]["State"] == "running" for task in wanted)
        and not any(differences(task["Spec"], spec["TaskTemplate"]) for task in wanted)
    )


def _place(task: dict) -> tuple[int, str]:
    """Return a task's place in the pool: its slot, or in mode global its node. Private."""
    return (task["Slot"], "") if task.get("Slot") else (0, task.get("NodeID", ""))


def describe_failures(tasks: list[dict], nodes: dict[str, dict]) -> str:
    """Return one line for each place in the pool that is not running: task, host, state, and the engine's own words."""
    wanted = wanted_tasks(tasks)
    if not wanted:
        return "- the engine has made no task; no host matches the constraints, or all are drained"
    # The newest failure in a place says more than the fresh attempt that has replaced it.
    failures = {_place(task): task for task in tasks if task["Status"]["State"] in ("failed", "rejected")}
    missing = {_place(task): task for task in wanted if task["Status"]["State"] != "running"}
    lines = []
    for place, task in sorted(missing.items()):
        failed = failures.get(place, task)
        # One of an earlier spec says nothing of this one.
        shown = task if differences(failed.get("Spec"), task.get("Spec", {})) else failed
        status = shown["Status"]
        host = nodes.get(shown.get("NodeID", ""), {}).get("hostname", "no host yet")
        words = status.get("Err") or status.get("Message") or "no message"
        lines.append(f"- task {place[0] or place[1]} on {host}: {status['State']}: {words}")
    return "\n".join(lines) or "- all tasks run, but not all of them as now specified: the update is still under way"


def changes_of(service: dict | None, spec: dict) -> dict[str, tuple[t.Any, t.Any]]:
    """Return what has to change for the service to be as specified; ``Mode`` where it has to be made anew for that."""
    if not service:
        return {spec["Name"]: (None, "a new service")}
    is_now, should_be = service["Spec"]["Mode"], spec["Mode"]
    # differences() holds an empty mode, which Global is, and a missing one for the same.
    mode = {"Mode": (is_now, should_be)} if is_now.keys() != should_be.keys() else {}
    return {**differences(service["Spec"], spec), **mode}


def apply(client: t.Any, service: dict | None, spec: dict, changes: dict) -> None:
    """Put the spec in place. The engine can't change the mode of a service, so that one is made anew."""
    if service and "Mode" not in changes:
        update_service(client, service, spec)
        return
    if service:
        remove_service(client, spec["Name"])
    create_service(client, spec)


def describe(spec: dict, tasks: list[dict], nodes: dict[str, dict]) -> dict:
    """Return the pool as data: where its containers run and how many workers that makes."""
    running = [task for task in wanted_tasks(tasks) if task["Status"]["State"] == "running"]
    placed = [nodes[task["NodeID"]] for task in running if task.get("NodeID") in nodes]
    workers: Counter[str] = Counter()
    for node in placed:
        workers[node["hostname"]] += slots_on(spec, node)
    return {
        "name": spec["Name"],
        "containers": len(running),
        "slots": slots_of(spec).shown,
        "workers": count_workers(spec, running, nodes),
        "containers_per_host": dict(sorted(Counter(node["hostname"] for node in placed).items())),
        "workers_per_host": dict(sorted(workers.items())),
        "task_ids": [task["ID"] for task in running],
    }


def wait_converged(client: t.Any, spec: dict, timeout: float) -> list[dict]:
    """Wait until the pool runs as specified; raise FestivalError with every failing task."""
    name = spec["Name"]
    reached, tasks = wait_until(lambda: tasks_of(client, name), lambda seen: converged(seen, spec), timeout)
    if reached:
        return tasks
    raise FestivalError(
        f"Pool {name} has not converged after {timeout:g} s:\n{describe_failures(tasks, list_nodes(client))}\n"
        "Mend what these name (an image, a constraint, a limit, a host) or raise workers_timeout, and run again."
    )


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Have the pool as specified and converged, or have none."""
    name = params["name"]
    service = find_service(client, name)
    if params["state"] == "absent":
        if service and not check_mode:
            remove_service(client, name)
        return {
            "changed": bool(service),
            "pool": None,
            "diff": {"before": {name: bool(service)}, "after": {name: False}},
        }
    if check_mode and not service:
        return {"changed": True, "pool": None, "diff": {"before": {name: False}, "after": {name: True}}}
    files = key_files(client, params, name, check_mode)
    slots = slots_wanted(params, list_nodes(client))
    spec = build_spec(params, files, network_id(client, params["network"]), slots)
    changes = changes_of(service, spec)
    if changes and not check_mode:
        apply(client, service, spec, changes)
    tasks = tasks_of(client, name) if check_mode else wait_converged(client, spec, params["timeout"])
    return {
        "changed": bool(changes),
        "pool": {
            **describe(spec, tasks, list_nodes(client)),
            "places": pool_places(client, tasks, params["network"]),
        },
        "diff": {
            "before": {path: before for path, (before, _after) in changes.items()},
            "after": {path: after for path, (_before, after) in changes.items()},
        },
    }
