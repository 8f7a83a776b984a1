"""Which hosts a pool may have, and how many workers it has there."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import list_nodes
from ansible_collections.alparque.festival.plugins.module_utils.names import SLOTS_LABEL
from ansible_collections.alparque.festival.plugins.module_utils.slots import Slots, planned


def may_hold(node: dict, constraints: t.Iterable[str]) -> bool:
    """Say whether containers under these constraints may run on a node, as far as it is known here; whether it is up or not.

    The swarm compares without regard to case: https://github.com/moby/swarmkit/blob/master/manager/constraint/constraint.go
    """
    facts = {"node.id": node["id"], "node.hostname": node["hostname"], "node.role": node["role"]}
    facts.update((f"node.labels.{name}", value) for name, value in node["labels"].items())
    for constraint in constraints:
        name, relation, value = (part.strip() for part in re.split("(==|!=)", constraint, maxsplit=1))
        known = name in facts or name.startswith("node.labels.")
        if known and (facts.get(name, "").lower() == value.lower()) != (relation == "=="):
            return False
    return node["availability"] == "active"


def slots_wanted(params: dict, nodes: dict[str, dict]) -> Slots:
    """Return the slots that a pool's containers are to have, as ``workers_slots`` and the number of its hosts say."""
    hosts = sum(may_hold(node, params["constraints"]) for node in nodes.values())
    containers = params["replicas"] if params["mode"] == "replicated" else hosts
    return planned(params["slots"], params["memory_per_slot"], containers, hosts)


def slots_of(spec: dict) -> Slots:
    """Return the slots of a pool's containers."""
    return Slots.parse(spec["Labels"].get(SLOTS_LABEL, "1"))


def slots_on(spec: dict, node: dict | None) -> int:
    """Return how many workers a container of a pool runs on a node, or at least runs where the node is not known yet."""
    limits = spec["TaskTemplate"].get("Resources", {}).get("Limits") or {}
    known = node or {}
    return slots_of(spec).on(known.get("cpus"), known.get("memory_bytes"), limits)


def nodes_to_count_by(client: t.Any, spec: dict) -> dict[str, dict]:
    """Return the nodes where slots depend on them; a pool whose slots are a number is counted without."""
    return list_nodes(client) if slots_of(spec).count is None else {}


def count_workers(spec: dict, tasks: t.Iterable[dict], nodes: dict[str, dict]) -> int:
    """Return how many workers a pool has in these tasks."""
    return sum(slots_on(spec, nodes.get(task.get("NodeID", ""))) for task in tasks)
