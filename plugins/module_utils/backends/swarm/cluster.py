"""The swarm itself: made on the first manager, or recognised as ours."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import (
    MANAGEMENT_PORT,
    OWNER_LABEL,
    foreign_swarm,
    list_nodes,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.port import make_free
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError


def init(client: t.Any, name: str, params: dict) -> None:
    """Make a new swarm whose first manager is this host, and put our label on it."""
    make_free(client, name)
    with docker_errors(f"Making a swarm on {params['advertise_addr']}"):
        client.init_swarm(
            advertise_addr=params["advertise_addr"],
            listen_addr=f"0.0.0.0:{MANAGEMENT_PORT}",
            default_addr_pool=params["address_pools"] or None,
            subnet_size=params["subnet_size"],
            swarm_spec=client.create_swarm_spec(labels={OWNER_LABEL: params["owner"]}),
        )


def adopt(client: t.Any, owner: str) -> None:
    """Put our label on a swarm that somebody else made."""
    with docker_errors("Labelling the swarm"):
        cluster = client.inspect_swarm()
        spec = cluster["Spec"]
        spec["Labels"] = {**(spec.get("Labels") or {}), OWNER_LABEL: owner}
        client.update_swarm(cluster["Version"]["Index"], swarm_spec=spec)


def standing(client: t.Any, swarm: dict, owner: str) -> t.Literal["none", "ours", "others", "not a manager"]:
    """Say what the swarm of this host, if any, is to us."""
    if swarm["LocalNodeState"] == "inactive":
        return "none"
    if swarm["LocalNodeState"] != "active" or not swarm.get("ControlAvailable"):
        return "not a manager"
    with docker_errors("Reading the swarm"):
        labels = client.inspect_swarm()["Spec"].get("Labels") or {}
    return "ours" if labels.get(OWNER_LABEL) == owner else "others"


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Have the swarm; return its id and its nodes."""
    with docker_errors("Asking the engine for its swarm"):
        info = client.info()
    swarm, name = info["Swarm"], info["Name"]
    found = standing(client, swarm, params["owner"])
    if found in ("none", "others") and not params["create"]:
        raise FestivalError(
            f"Host {name} is no manager of this cluster's swarm yet. Run playbooks/provision.yml on it first."
        )
    if found == "not a manager" or (found == "others" and not params["takeover"]):
        choice = ", or set swarm_force_takeover to use that swarm" if found == "others" else ""
        raise foreign_swarm(name, swarm, f"Take it out with playbooks/leave.yml{choice}.")
    diff = {"before": {"swarm": found}, "after": {"swarm": "ours"}}
    if found != "ours" and check_mode:
        return {"changed": True, "diff": diff, "swarm": {"id": None, "node_id": None, "address": None, "nodes": {}}}
    if found == "none":
        init(client, name, params)
    elif found == "others":
        adopt(client, params["owner"])
    with docker_errors("Asking the engine for its swarm"):
        identity = client.info()["Swarm"]
    return {
        "changed": found != "ours",
        "diff": diff,
        "swarm": {
            "id": identity["Cluster"]["ID"],
            "node_id": identity["NodeID"],
            "address": identity["NodeAddr"],
            "nodes": list_nodes(client),
        },
    }


def join_tokens(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Return the tokens that let hosts in. They are secrets: the task that asks for them sets no_log."""
    with docker_errors("Reading the join tokens"):
        tokens = client.inspect_swarm()["JoinTokens"]
    return {"changed": False, "tokens": {"manager": tokens["Manager"], "worker": tokens["Worker"]}}
