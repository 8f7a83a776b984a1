"""A host's own side of membership: join this swarm, or leave whatever swarm it is in."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import (
    MANAGEMENT_PORT,
    foreign_swarm,
    membership,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.port import make_free
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until


def local_swarm(client: t.Any) -> dict:
    """Return what this host's engine knows of its swarm."""
    with docker_errors("Asking the engine for its swarm"):
        return client.info()["Swarm"]


def leave(client: t.Any) -> None:
    """Leave the present swarm at once; whoever manages it must forget the node."""
    with docker_errors("Leaving the swarm"):
        client.leave_swarm(force=True)
    wait_until(lambda: local_swarm(client)["LocalNodeState"], lambda state: state == "inactive", 30)


def join(client: t.Any, params: dict) -> bool:
    """Join and wait until the manager has accepted this node; after a failure the host is in no swarm, as before.

    Return whether the engine was restarted first.
    """
    managers = [f"{address}:{MANAGEMENT_PORT}" for address in params["managers"]]
    if not managers or not params["token"]:
        raise FestivalError(f"Host {params['name']} can't join without a manager's address and a token. Give both.")
    restarted, problem = make_free(client, params["name"]), None
    try:
        with docker_errors("Joining"):
            client.join_swarm(
                managers,
                params["token"],
                advertise_addr=params["advertise_addr"],
                listen_addr=f"0.0.0.0:{MANAGEMENT_PORT}",
            )
    except FestivalError as error:
        # The engine gives up waiting after 20 s but goes on trying: only its state tells the outcome.
        problem = str(error)
    joined, state = wait_until(
        lambda: local_swarm(client),
        lambda seen: seen["LocalNodeState"] == "active",
        0 if problem else params["timeout"],
    )
    if joined:
        return restarted
    leave(client)
    raise FestivalError(
        f"Host {params['name']} could not join the swarm at {', '.join(managers)}: {problem or state.get('Error') or 'no answer'}. "
        f"It is in no swarm now. See that it reaches {managers[0]} (tcp) and that its own clock is right, then run again."
    )


def _diff(before: str, after: str) -> dict:
    return {"before": {"membership": before}, "after": {"membership": after}}


def _identity(swarm: dict, restarted: bool = False) -> dict:
    """Return what is told of a node. Private."""
    return {
        "node_id": swarm.get("NodeID") or None,
        "address": swarm.get("NodeAddr") or None,
        "restarted": restarted,
    }


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Have this host in the swarm, or in none."""
    swarm = local_swarm(client)
    standing = membership(swarm, params["node_ids"] or [])
    if params["state"] == "absent":
        if standing != "none" and not check_mode:
            leave(client)
        # Not knowing this swarm's nodes, it leaves whatever it is a member of.
        before = standing if params["node_ids"] or standing == "none" else "member"
        return {"changed": standing != "none", **_identity(swarm), "diff": _diff(before, "none")}
    if standing == "member":
        return {"changed": False, **_identity(swarm), "diff": _diff(standing, standing)}
    if standing == "foreign" and not params["takeover"]:
        raise foreign_swarm(
            params["name"],
            swarm,
            "Take it out with playbooks/leave.yml, or set swarm_force_takeover to move it into this one.",
        )
    if check_mode:
        return {"changed": True, **_identity({}), "diff": _diff(standing, "member")}
    if standing == "foreign":
        leave(client)
    restarted = join(client, params)
    return {"changed": True, **_identity(local_swarm(client), restarted), "diff": _diff(standing, "member")}
