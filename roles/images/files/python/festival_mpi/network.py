"""The pool's network, to which Open MPI is to keep: a container may have others."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from pathlib import Path

from festival_mpi import container

#: Requests of Linux for an interface's address and mask: netdevice(7).
_ADDRESS, _MASK = 0x8915, 0x891B


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
    interface, network = interface_of(container.own_address())
    # The daemons of Open MPI 5.0.7 do not find an interface by its network, as the ranks do.
    lines = {".prte": f"prte_if_include = {interface}", ".openmpi": f"btl_tcp_if_include = {network}"}
    for folder, line in lines.items():
        (Path.home() / folder).mkdir(exist_ok=True)
        (Path.home() / folder / "mca-params.conf").write_text(f"{line}\n")
