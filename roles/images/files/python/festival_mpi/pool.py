"""The pool as it is now: which worker containers answer, and the hostfile that tells mpirun of them."""

from __future__ import annotations

import concurrent.futures
import ipaddress
import os
import socket
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from festival_mpi.container import setting

#: Seconds for which a pool that is not complete is waited for, and which one container is given to answer.
COMPLETE = 60
ANSWER = 3

HOSTFILE = Path.home() / "hostfile"


class Container(t.NamedTuple):
    """A worker container, which Open MPI calls a host, and the number of ranks that it has room for."""

    address: str
    slots: int


def addresses(names: t.Iterable[str]) -> list[str]:
    """Return the addresses that the name service has for a pool, in their order."""
    found: set[str] = set()
    for name in names:
        try:
            found.update(entry[4][0] for entry in socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM))
        except socket.gaierror:
            continue
    return sorted(found, key=lambda address: ipaddress.ip_address(address).packed)


def answers(address: str, port: int) -> bool:
    """Say whether sshd greets at an address: the name service may still have containers that are gone."""
    try:
        with socket.create_connection((address, port), ANSWER) as connection:
            connection.settimeout(ANSWER)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def living(wait: float) -> list[Container]:
    """Return the containers that answer; wait some seconds for a pool that is not complete, and then take what is there."""
    names, port = setting("FESTIVAL_POOL_ADDRESS").split(), int(setting("FESTIVAL_SSH_PORT", "2222"))
    complete, slots = int(setting("FESTIVAL_CONTAINERS", "1")), setting("FESTIVAL_SLOTS", "1")
    until = time.monotonic() + wait
    while True:
        listed = addresses(names)
        with concurrent.futures.ThreadPoolExecutor(64) as threads:
            up = list(threads.map(lambda address: answers(address, port), listed))
        there = [address for address, answer in zip(listed, up, strict=True) if answer]
        if len(there) >= complete or time.monotonic() >= until:
            if slots.isdecimal():
                return [Container(address, int(slots)) for address in there]
            with concurrent.futures.ThreadPoolExecutor(64) as threads:
                return list(map(Container, there, threads.map(count_slots, there)))
        time.sleep(0.5)


def count_slots(address: str) -> int:
    """Return how many slots a container has that counts for itself (``festival-slots``); one where it does not say."""
    asked = ["ssh", address, "printenv", "FESTIVAL_OWN_SLOTS"]
    environment = {name: value for name, value in os.environ.items() if name != "FESTIVAL_FILES_FROM"}
    said = subprocess.run(
        asked, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    ).stdout.strip()
    return int(said) if said.isdecimal() else 1


def write_hostfile(containers: t.Sequence[Container]) -> None:
    """Write the file that mpirun reads where it is given no other; a reader finds it whole."""
    part = HOSTFILE.with_suffix(f".{os.getpid()}")
    part.write_text("".join(f"{container.address} slots={container.slots}\n" for container in containers))
    part.replace(HOSTFILE)


def refresh_hostfile(wait: float = COMPLETE) -> int:
    """Write the hostfile of the pool as it is; say so on stderr where nobody answers. Returns an exit code."""
    containers = living(wait)
    if not containers:
        pool = setting("FESTIVAL_POOL") or "FESTIVAL_POOL is not set"
        print(f"No container of the pool ({pool}) answers. Is it up? playbooks/workers.yml starts it.", file=sys.stderr)
        return 1
    write_hostfile(containers)
    return 0
