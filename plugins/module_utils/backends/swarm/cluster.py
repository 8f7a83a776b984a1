"""The swarm itself: made on the first manager, or recognised as ours."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import (
    MANAGEMENT_PORT,
    foreign_swarm,
    list_nodes,
    owners,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.port import make_free
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL


def init(client: t.Any, name: str, params: dict) -> None:
    """Make a new swarm whose first manager is this host, and put our label on it."""
    make_free(client, name)
    with docker_errors(f"Making a swarm on {params['advertise_addr']}"):
        client.init_swarm(
            advertise_addr=params["advertise_addr"],
            listen_addr=f"0.0.0.0:{MANAGEMENT_PORT}",
            default_addr_pool=params["address_pools"] or None,
            subnet_size=params["subnet_size"],
            swarm_spec=client.create_swarm_spec(labels={CLUSTER_LABEL: params["owner"]}),
        )


def label(client: t.Any, prefixes: t.Iterable[str]) -> None:
    """Write on the swarm which clusters use it."""
    with docker_errors("Labelling the swarm"):
        cluster = client.inspect_swarm()
        spec = cluster["Spec"]
        spec["Labels"] = {**(spec.get("Labels") or {}), CLUSTER_LABEL: ",".join(prefixes)}
        client.update_swarm(cluster["Version"]["Index"], swarm_spec=spec)


def users(client: t.Any) -> list[str]:
    """Return the clusters that use this manager's swarm."""
    with docker_errors("Reading the swarm"):
        return owners(client.inspect_swarm())


def standing(client: t.Any, swarm: dict, owner: str) -> t.Literal["none", "ours", "others", "not a manager"]:
    """Say what the swarm of this host, if any, is to us."""
    if swarm["LocalNodeState"] == "inactive":
        return "none"
    if swarm["LocalNodeState"] != "active" or not swarm.get("ControlAvailable"):
        return "not a manager"
    return "ours" if owner in users(client) else "others"


def give_up(client: t.Any, found: str, owner: str, check_mode: bool) -> dict:
    """Take our name off the swarm; say whether it ``stays`` because it is somebody else's, too."""
    using = users(client) if found in ("ours", "others") else []
    left = [prefix for prefix in using if prefix != owner]
    stays = found == "others" or bool(left)
    if stays and left != using and not check_mode:
        label(client, left)
    return {
        "changed": stays and left != using,
        "stays": stays,
        "users": left,
        "diff": {"before": {"users": using}, "after": {"users": left if stays else using}},
    }


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Have the swarm and return its id and its nodes, or give it up."""
    with docker_errors("Asking the engine for its swarm"):
        info = client.info()
    swarm, name = info["Swarm"], info["Name"]
    found = standing(client, swarm, params["owner"])
    if params["state"] == "absent":
        return give_up(client, found, params["owner"], check_mode)
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
        # Other clusters on these hosts keep it as theirs.
        label(client, [*users(client), params["owner"]])
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
