"""The manager's side of membership: nodes ready, with their role, labels and availability; or gone without a trace."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import (
    ghosts,
    list_nodes,
    node_changes,
    update_node,
    wait_for_nodes,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.peers import (
    HEARD_OF,
    cut_off,
    refuse,
)
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: What a node is to be before it leaves.
DRAINED = {"availability": "drain", "role": "worker"}


def _running_tasks(client: t.Any, node_id: str) -> list[dict]:
    """Return the tasks that still run on a node. Private."""
    with docker_errors(f"Listing the tasks of node {node_id}"):
        return [task for task in client.tasks({"node": node_id}) if task["Status"]["State"] == "running"]


def drain(client: t.Any, node: dict, timeout: float) -> None:
    """Send a node's work elsewhere and make it a plain worker, in the order that the engine asks for."""
    changes = node_changes(node, DRAINED)
    if changes:
        update_node(client, node["id"], changes)
    done, left = wait_until(lambda: _running_tasks(client, node["id"]), lambda tasks: not tasks, timeout)
    if not done:
        raise FestivalError(
            f"Node {node['hostname']} still runs {len(left)} task(s) after {timeout:g} s of draining. "
            "Wait for its jobs to end, or raise swarm_timeout, and run again."
        )


def remove(client: t.Any, node_id: str, timeout: float) -> None:
    """Forget a node that has left; the engine allows it once the node is down."""
    wait_for_nodes(client, [node_id], "down", timeout)
    with docker_errors(f"Removing node {node_id}"):
        client.remove_node(node_id, force=True)


def bring_up(client: t.Any, wanted: list[dict], changes: dict[str, dict], gone: list[str], timeout: float) -> dict:
    """Update the specs, remove the ghosts, wait until roles have taken effect; return the nodes as they are then."""
    for node_id, change in changes.items():
        update_node(client, node_id, change)
    for node_id in gone:
        remove(client, node_id, timeout)
    roles = {entry["id"]: entry["role"] for entry in wanted if entry.get("role")}
    return wait_for_nodes(client, [entry["id"] for entry in wanted], "ready", timeout, roles)


def keep(client: t.Any, wanted: list[dict], timeout: float, check_mode: bool) -> dict:
    """Wait for every wanted node, then bring their specs up to date and remove the ghosts of their earlier lives."""
    members = [entry["id"] for entry in wanted]
    nodes = list_nodes(client) if check_mode else wait_for_nodes(client, members, "ready", timeout)
    changes = {entry["id"]: node_changes(nodes[entry["id"]], entry) for entry in wanted if entry["id"] in nodes}
    changes = {node_id: change for node_id, change in changes.items() if change}
    gone = ghosts(nodes, members)
    changed = bool(changes or gone)
    return {
        "changed": changed,
        "nodes": bring_up(client, wanted, changes, gone, timeout) if changed and not check_mode else nodes,
        "removed": gone,
        "diff": {
            "before": {node_id: {key: nodes[node_id][key] for key in change} for node_id, change in changes.items()},
            "after": changes,
        },
    }


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Keep, drain or remove the nodes."""
    wanted, timeout = params["nodes"], params["timeout"]
    if params["state"] == "present":
        kept = keep(client, wanted, timeout, check_mode)
        addresses = {entry["id"]: entry["address"] for entry in wanted if entry.get("address")}
        missed = cut_off(client, addresses, 0 if check_mode else min(timeout, HEARD_OF))
        refuse(client, missed, params["tolerant"] or check_mode)
        return {**kept, "cut_off": missed}
    nodes = list_nodes(client)
    known = [nodes[entry["id"]] for entry in wanted if entry["id"] in nodes]
    drained = params["state"] == "drained"
    # A node that is marked as drained already may still have tasks to end: it is waited for all the same.
    changed = [node for node in known if not drained or node_changes(node, DRAINED)]
    for node in [] if check_mode else known:
        if drained:
            drain(client, node, timeout)
        else:
            remove(client, node["id"], timeout)
    return {
        "changed": bool(changed),
        "nodes": nodes if check_mode else list_nodes(client),
        "removed": [],
        "cut_off": [],
        "diff": {
            "before": {node["id"]: {key: node[key] for key in DRAINED} for node in changed},
            "after": {node["id"]: DRAINED if drained else None for node in changed},
        },
    }
