"""Whether a container reaches the pool's containers on other hosts: the proof that an overlay network carries what it should.

The calling process enters the container's network and connects to each pool container's supervisor from there. That takes
milliseconds; a process in the container, started by the engine, takes a tenth of a second or more.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import selectors
import socket
import time
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.membership import list_nodes
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import NotFound, docker_errors

#: Seconds that a container on a host that is well has to take a connection, and seconds between two attempts.
ANSWER = 2.0
AGAIN = 0.5

#: How the images name the supervisor's port, and what it is by default.
PORT_VARIABLE = "FESTIVAL_WORKER_PORT"
PORT = 8650

_CLONE_NEWNET = 0x40000000


def _enter(network: int) -> None:
    """Put this thread into a network that is given by its descriptor. Private."""
    # os.setns() has been there since Python 3.12 only.
    if ctypes.CDLL(None, use_errno=True).setns(network, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def _network(process: int | str) -> t.Iterator[int]:
    """Give a descriptor of a process's network. Private."""
    descriptor = os.open(f"/proc/{process}/ns/net", os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def network_of(process: int) -> t.Iterator[None]:
    """Be in the network of a process for a while. Only root may; FileNotFoundError where the process has ended."""
    with _network("thread-self") as own, _network(process) as other:
        _enter(other)
        try:
            yield
        finally:
            _enter(own)


def answering(addresses: t.Collection[str], port: int, seconds: float = ANSWER) -> set[str]:
    """Return which addresses take a connection at a port within so many seconds; all are asked at once."""
    found: set[str] = set()
    with selectors.DefaultSelector() as selector:
        for address in addresses:
            connection = socket.socket()
            connection.setblocking(False)
            if connection.connect_ex((address, port)) in (0, errno.EINPROGRESS):
                selector.register(connection, selectors.EVENT_WRITE, address)
            else:
                connection.close()
        deadline = time.monotonic() + seconds
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(max(0.0, deadline - time.monotonic())):
                found |= set() if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) else {key.data}
                selector.unregister(key.fileobj)
                key.fileobj.close()
        for key in list(selector.get_map().values()):
            key.fileobj.close()
    return found


def missed_nodes(places: list[dict], answered: t.Collection[str]) -> dict[str, str]:
    """Return the nodes (id → host name) none of whose containers has answered; one of them may just have been replaced."""
    reached = {place["node_id"] for place in places if place["address"] in answered}
    return {place["node_id"]: place["hostname"] for place in places if place["node_id"] not in reached}


def pool_places(client: t.Any, tasks: list[dict], network: str) -> list[dict]:
    """Return where a pool's running containers are, as this manager knows it: address, node_id and hostname of each."""
    nodes = list_nodes(client)
    return [
        {"address": address.split("/")[0], "node_id": task["NodeID"], "hostname": nodes[task["NodeID"]]["hostname"]}
        for task in tasks
        if (task["Status"]["State"], task["DesiredState"]) == ("running", "running") and task.get("NodeID") in nodes
        for attachment in task.get("NetworksAttachments") or []
        if network in (attachment["Network"]["ID"], attachment["Network"]["Spec"]["Name"])
        for address in attachment["Addresses"]
    ]


def running_container(client: t.Any, service: str) -> dict | None:
    """Return a running container that a service has on this host."""
    filters = {"label": f"com.docker.swarm.service.name={service}", "status": "running"}
    with docker_errors(f"Looking for the containers of {service}"):
        for found in client.containers(filters=filters):
            with contextlib.suppress(NotFound):
                return client.inspect_container(found["Id"])
    return None


def supervisor_port(container: dict) -> int:
    """Return the port at which supervisors listen, as the container's image names it."""
    named = [entry for entry in container["Config"]["Env"] or [] if entry.startswith(f"{PORT_VARIABLE}=")]
    return int(named[-1].partition("=")[2]) if named else PORT


def missed_from(container: dict, places: list[dict], patience: float) -> dict[str, str]:
    """Return the nodes (id → host name) that a container does not reach, after ``patience`` seconds of trying."""
    port, deadline = supervisor_port(container), time.monotonic() + patience
    answered: set[str] = set()
    with network_of(container["State"]["Pid"]):
        while True:
            answered |= answering({place["address"] for place in places} - answered, port)
            missed = missed_nodes(places, answered)
            if not missed or time.monotonic() >= deadline:
                return missed
            time.sleep(AGAIN)
