"""What a lab host is, as plain data: its address, its container in the engine's own JSON, what the machine allows it."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.hosts.info import routes
from ansible_collections.alparque.festival.plugins.module_utils.identity import content_id

#: Everything that a lab makes carries its name here; what lacks it is somebody else's.
LAB = "festival.lab"
SPEC = "festival.lab.spec"

# fmt: off
#: linux/capability.h, in the order of its bits.
CAPABILITIES = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
]
# fmt: on


class Machine(t.NamedTuple):
    """What the machine below gives its lab hosts."""

    denied_capabilities: list[str]
    has_modules: bool


def missing_capabilities(status: str, last: int) -> list[str]:
    """Return what /proc/self/status says that this machine may not use, of capabilities 0 to ``last``."""
    bounding_set = int(re.search(r"^CapBnd:\s*([0-9a-f]+)$", status, re.MULTILINE)[1], 16)
    return [name for bit, name in enumerate(CAPABILITIES[: last + 1]) if not bounding_set >> bit & 1]


def real_resolvers(*texts: str) -> list[str]:
    """Return the name servers of the first resolv.conf that names some other than this machine itself."""
    for text in texts:
        servers = re.findall(r"^nameserver\s+([0-9a-fA-F.:]+)", text, re.MULTILINE)
        servers = [server for server in servers if not ipaddress.ip_address(server).is_loopback]
        if servers:
            return servers
    return []


def connected_networks(route_table: str) -> dict[str, str]:
    """Return the interface of each network in /proc/net/route, default routes left out."""
    return {route["network"]: route["device"] for route in routes(route_table)}


def check_collision(subnet: str, networks: dict[str, str], bridge: str) -> None:
    """Raise FestivalError where the machine itself is in the lab's subnet by another interface than its bridge."""
    for network, interface in networks.items():
        if interface != bridge and ipaddress.IPv4Network(network).overlaps(ipaddress.IPv4Network(subnet)):
            raise FestivalError(
                f"lab_subnet {subnet} collides with {network}, which this machine reaches by {interface}. "
                "Choose a range that is used nowhere near, such as lab_subnet=10.219.0.0/24."
            )


def assign_addresses(hosts: list[dict], subnet: str) -> dict[str, str]:
    """Return the address of each host by name: its own, or the next free one after the gateway."""
    network = _parse_subnet(subnet)
    names = [host["name"] for host in hosts]
    if not names:
        raise FestivalError("lab_hosts is empty. List at least one host, or remove the lab with lab_state=absent.")
    for name in names:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
            raise FestivalError(f"lab_hosts: {name!r} can't name a host: use lower case letters, digits, - and _.")
        if names.count(name) > 1:
            raise FestivalError(f"lab_hosts: {name} stands there twice. Give every host a name of its own.")
    chosen = {host["name"]: host["address"] for host in hosts if host.get("address")}
    for name, address in chosen.items():
        if not _is_host_address(address, network):
            raise FestivalError(f"lab_hosts: {name} can't have {address}: choose one of {subnet} above {network[1]}.")
        if list(chosen.values()).count(address) > 1:
            raise FestivalError(f"lab_hosts: {name} and another host both have {address}. Give each its own.")
    if len(names) > network.num_addresses - 3:
        raise FestivalError(f"lab_subnet {subnet} is too small for {len(names)} hosts. Choose a wider one.")
    taken = {str(network[1]), *chosen.values()}
    free = (str(address) for address in network.hosts() if str(address) not in taken)
    return {name: chosen.get(name) or next(free) for name in names}


def assign_groups(hosts: list[dict]) -> dict[str, list[str]]:
    """Return the inventory groups of each host by name: its own, or manager for the first and plain host for the rest."""
    first = hosts[0]["name"] if hosts else None
    return {
        host["name"]: host.get("groups") or ["festival_managers" if host["name"] == first else "festival_hosts"]
        for host in hosts
    }


def _parse_subnet(subnet: str) -> ipaddress.IPv4Network:
    """Return the network, of which the engine's bridge takes the first address. Private."""
    try:
        return ipaddress.IPv4Network(subnet)
    except ValueError as error:
        raise FestivalError(f"lab_subnet {subnet} is no IPv4 network: {error}. Write it like 10.213.0.0/24.") from error


def _is_host_address(address: str, network: ipaddress.IPv4Network) -> bool:
    """Say whether a host may have the address. Private."""
    try:
        return network[1] < ipaddress.IPv4Address(address) < network.broadcast_address
    except ValueError:
        return False


def network_spec(lab: str, subnet: str) -> dict:
    """Return the lab's network. Its bridge has a name that we know, so that one left behind can be found."""
    return {
        "name": lab,
        "driver": "bridge",
        "options": {"com.docker.network.bridge.name": bridge_name(lab)},
        "ipam": {"Driver": "default", "Config": [{"Subnet": subnet, "Gateway": str(_parse_subnet(subnet)[1])}]},
        "labels": {LAB: lab},
        "check_duplicate": True,
    }


def bridge_name(lab: str) -> str:
    """Return an interface name, made of the lab's because the kernel allows fifteen characters."""
    return f"lab-{hashlib.sha256(lab.encode()).hexdigest()[:10]}"


def container_spec(lab: str, host: dict, address: str, image: str, machine: Machine) -> dict:
    """Return a lab host in the engine's JSON, labelled with a hash of itself.

    Not ``--privileged``: that asks for every capability there is, and fails where the machine lacks one.
    """
    container = f"{lab}-{host['name']}"
    spec = {
        "Image": image,
        # No underscore may stand in a host name; systemd would leave it out.
        "Hostname": host["name"].replace("_", "-"),
        "HostConfig": {
            "NetworkMode": lab,
            "CapAdd": ["ALL"],
            "CapDrop": list(machine.denied_capabilities),
            "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
            "MaskedPaths": [],
            "ReadonlyPaths": [],
            "CgroupnsMode": "private",
            "Tmpfs": {"/run": "exec,mode=755", "/run/lock": ""},
            # An engine's layers on top of a container's layers would be overlay on overlay, which no kernel does.
            "Mounts": [_volume(lab, f"{container}-{of}", f"/var/lib/{of}") for of in ("docker", "containerd")],
            "Binds": ["/lib/modules:/lib/modules:ro"] if machine.has_modules else [],
            "RestartPolicy": {"Name": "unless-stopped"},
        },
        "NetworkingConfig": {
            "EndpointsConfig": {lab: {"IPAMConfig": {"IPv4Address": address}, "Aliases": [host["name"]]}}
        },
    }
    return {**spec, "Labels": {LAB: lab, SPEC: content_id([spec, host.get("password")])}}


def accept_refusal(spec: dict, message: str) -> bool:
    """Take the capability that the engine says it can't drop off the list; say whether it was on it.

    20.10 has to be told which of ALL are not to be had, but refuses names younger than itself; later engines find out
    by themselves, and refuse any name that is not to be had.
    """
    refused = re.search(r'invalid CapDrop: .*"CAP_(\w+)"', message)
    if not refused or refused[1] not in spec["HostConfig"]["CapDrop"]:
        return False
    spec["HostConfig"]["CapDrop"].remove(refused[1])
    return True


def _volume(lab: str, name: str, target: str) -> dict:
    """Return a mount that brings its labelled volume into being. Private."""
    return {"Type": "volume", "Source": name, "Target": target, "VolumeOptions": {"Labels": {LAB: lab}}}


def next_step(spec: dict, standing: dict | None) -> str:
    """Return what a host needs: create, recreate, start, unpause, or nothing ("present")."""
    if standing is None:
        return "create"
    if standing["Labels"].get(SPEC) != spec["Labels"][SPEC] or standing["State"] in ("created", "dead", "removing"):
        return "recreate"
    return {"running": "present", "restarting": "present", "paused": "unpause"}.get(standing["State"], "start")
