"""The pool as it is now: who is in it, who answers, and by which of a container's networks it is reached."""

from __future__ import annotations

import concurrent.futures
import fcntl
import ipaddress
import os
import socket
import struct
import sys
import time
import typing as t
from pathlib import Path

#: Seconds for which a pool that is not complete is waited for, and which one container is given to answer.
COMPLETE = 60
ANSWER = 3

HOSTFILE = Path.home() / "hostfile"

#: Requests of Linux for an interface's address and mask: netdevice(7).
_ADDRESS, _MASK = 0x8915, 0x891B


class Host(t.NamedTuple):
    """One worker container, in Open MPI's words a host."""

    address: str
    slots: int


def container_environment() -> dict[str, str]:
    """Return the environment that this container was started with: a session of ssh has another."""
    try:
        pairs = Path("/proc/1/environ").read_bytes().decode(errors="surrogateescape").split("\0")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def setting(name: str, default: str = "") -> str:
    """Return a variable of this process, or else of the container."""
    return os.environ.get(name) or container_environment().get(name) or default


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


def live(wait: float = COMPLETE) -> list[Host]:
    """Return the containers that answer; wait some seconds for a pool that is not complete, and then take what is there."""
    names, port = setting("FESTIVAL_POOL_ADDRESS").split(), int(setting("FESTIVAL_SSH_PORT", "2222"))
    complete, slots = int(setting("FESTIVAL_CONTAINERS", "1")), int(setting("FESTIVAL_SLOTS", "1"))
    until = time.monotonic() + wait
    while True:
        listed = addresses(names)
        with concurrent.futures.ThreadPoolExecutor(64) as threads:
            up = list(threads.map(lambda address: answers(address, port), listed))
        there = [address for address, answer in zip(listed, up, strict=True) if answer]
        if len(there) >= complete or time.monotonic() >= until:
            return [Host(address, slots) for address in there]
        time.sleep(0.5)


def write_hostfile(hosts: t.Sequence[Host]) -> None:
    """Write the file that mpirun reads where it is given no other; a reader finds it whole."""
    part = HOSTFILE.with_suffix(f".{os.getpid()}")
    part.write_text("".join(f"{host.address} slots={host.slots}\n" for host in hosts))
    part.replace(HOSTFILE)


def own_address() -> str:
    """Return this container's address on the pool's network: its host name resolves to it."""
    return socket.gethostbyname(socket.gethostname())


def interface_of(address: str) -> tuple[str, str]:
    """Return the name and the network of the interface that has this address, such as eth0 and 10.0.1.0/24."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode())
            try:
                found = [socket.inet_ntoa(fcntl.ioctl(asked, what, request)[20:24]) for what in (_ADDRESS, _MASK)]
            except OSError:
                continue
            if found[0] == address:
                return name, str(ipaddress.ip_network("/".join(found), strict=False))
    raise OSError(f"No interface of this container has the address {address}, to which its name resolves.")


def pin() -> None:
    """Have Open MPI's daemons and ranks in this container use the pool's network: it may have others."""
    interface, network = interface_of(own_address())
    # The daemons of Open MPI 5.0.7 do not find an interface by its network, as the ranks do.
    lines = {".prte": f"prte_if_include = {interface}", ".openmpi": f"btl_tcp_if_include = {network}"}
    for folder, line in lines.items():
        (Path.home() / folder).mkdir(exist_ok=True)
        (Path.home() / folder / "mca-params.conf").write_text(f"{line}\n")


def main(command: str) -> int:
    """Pin, and for ``hostfile`` write it; tell on stderr where nobody answers."""
    pin()
    if command == "hostfile":
        hosts = live()
        if not hosts:
            print(
                f"No container of the pool ({setting('FESTIVAL_POOL') or 'FESTIVAL_POOL is not set'}) answers. "
                "Is it up? playbooks/workers.yml starts it.",
                file=sys.stderr,
            )
            return 1
        write_hostfile(hosts)
    return 0
