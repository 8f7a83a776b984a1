"""The port at which engines tell each other where containers are. It has to be free when a host enters a swarm.

Engine 20.10 may log "Could not close DB: timeout waiting for leave broadcast" when it leaves a swarm, and then holds the port
until it is restarted. The next swarm takes the host in all the same: it is ready, its containers run, and reach no other.
"""

from __future__ import annotations

import glob
import os
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.restart import restart
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

GOSSIP_PORT = 7946

#: The kernel's tables of sockets, and the state of those that listen: proc(5).
TABLES = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}

ENGINE = "dockerd"

#: Seconds in which an engine that has just left lets the port go, where it does.
LETS_GO = 3


def listening(table: str, state: str, port: int) -> set[str]:
    """Return the inodes of the sockets that listen at a port, from the text of one of the kernel's tables."""
    lines = [line.split() for line in table.splitlines()[1:]]
    return {line[9] for line in lines if line[3] == state and int(line[1].rpartition(":")[2], 16) == port}


def sockets(port: int) -> set[str]:
    """Return the inodes of this host's sockets that listen at a port, by TCP or UDP."""
    found: set[str] = set()
    for name, state in TABLES.items():
        # A kernel without IPv6 has two of the tables only.
        if os.path.exists(f"/proc/net/{name}"):
            with open(f"/proc/net/{name}", encoding="ascii") as table:
                found |= listening(table.read(), state, port)
    return found


def owners(inodes: t.Collection[str]) -> dict[str, str]:
    """Return the processes that have these sockets: number → name. Root sees all of them."""
    links, found = {f"socket:[{inode}]" for inode in inodes}, {}
    for path in glob.iglob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(path) in links:
                process = path.split("/")[2]
                with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as name:
                    found[process] = name.read().strip()
        except OSError:
            # It has ended, or closed the file, meanwhile.
            continue
    return found


def make_free(client: t.Any, name: str) -> bool:
    """Have the gossip port of host ``name``, which is in no swarm, free; say whether its engine was restarted for that."""
    if wait_until(lambda: sockets(GOSSIP_PORT), lambda held: not held, LETS_GO)[0]:
        return False
    others = {process: who for process, who in owners(sockets(GOSSIP_PORT)).items() if who != ENGINE}
    if not others:
        restart(client, name)
        if not sockets(GOSSIP_PORT):
            return True
    who = (
        ", ".join(f"{who} (process {process})" for process, who in others.items()) or "something, also after a restart,"
    )
    raise FestivalError(
        f"Host {name}: {who} listens at port {GOSSIP_PORT}, where the engine tells the others of its containers. "
        "Stop it or give it another port, and run again."
    )
