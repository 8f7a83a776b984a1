"""What worker containers may use, and where they may run."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.units import to_bytes
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    fits,
    listed,
    number,
    warning,
)

#: What the engine itself refuses: https://docs.docker.com/engine/containers/resource_constraints/
LEAST_MEMORY = 6 * 1024 * 1024
LEAST_OUTPUT = 1 << 20

#: Variables that are sizes.
SIZES = (
    "workers_limit_memory",
    "workers_reserve_memory",
    "workers_memory_per_slot",
    "job_limit_memory",
    "job_output_limit",
)
CONSTRAINT = (
    r"(node\.(id|hostname|ip|role|platform\.(os|arch)|labels\.[\w.-]+)|engine\.labels\.[\w.-]+)\s*(==|!=)\s*[\w./:-]+"
)


def judge_memory(settings: Settings) -> Findings:
    """Find sizes that are none, and sizes that no container can live in."""
    for name in SIZES:
        size = str(settings.get(name) or "")
        if not size:
            continue
        try:
            amount = to_bytes(size)
        except FestivalError:
            yield Finding(
                f"{name} is {size!r}, not a memory size. Write a number with b, k, m, g or t, such as 512M or 2G."
            )
            continue
        if name.endswith("limit_memory") and amount < LEAST_MEMORY:
            yield Finding(f"{name} is {size!r}, less than the 6M that the engine allows. Write at least 256M for R.")
        if name == "job_output_limit" and 0 < amount < LEAST_OUTPUT:
            yield Finding(
                f"{name} is {size!r}, less than a log needs. Write at least 1M, such as 10G, or 0 for no limit."
            )


def judge_reservation(settings: Settings) -> Findings:
    """Find more reserved than allowed, which no host could ever give."""
    for what, measure in (("cpus", number), ("memory", _bytes)):
        limit, reserve = (measure(settings.get(f"workers_{kind}_{what}") or 0) for kind in ("limit", "reserve"))
        if limit and reserve and reserve > limit:
            yield Finding(
                f"workers_reserve_{what} ({settings[f'workers_reserve_{what}']}) is above workers_limit_{what} "
                f"({settings[f'workers_limit_{what}']}). Lower the one or raise the other."
            )


def _bytes(size: t.Any) -> int:
    """Return the bytes of a size; none for one that ``judge_memory`` has spoken of."""
    try:
        return to_bytes(str(size))
    except FestivalError:
        return 0


def judge_placement(settings: Settings) -> Findings:
    """Find constraints that the Swarm cannot read, and a number of workers that has no effect."""
    for constraint in listed(settings.get("workers_constraints")):
        if not fits(CONSTRAINT, constraint):
            yield Finding(
                f"workers_constraints has {constraint!r}, which no Swarm understands. Write node.labels.<name> == "
                "<value>, or node.role, node.hostname, node.platform.arch with == or !=."
            )
    if settings.get("workers_mode") == "global" and "workers_replicas" in settings:
        yield warning(
            "workers_replicas has no effect with workers_mode global, which keeps one container on each host. Leave "
            "one out."
        )


def judge_workers(settings: Settings) -> Findings:
    """Find everything that is wrong with the pool."""
    yield from judge_memory(settings)
    yield from judge_reservation(settings)
    yield from judge_placement(settings)
