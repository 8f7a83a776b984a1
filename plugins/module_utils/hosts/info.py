"""What a host is and can do, read from the kernel and the engine with Python's standard library alone."""

from __future__ import annotations

import contextlib
import gzip
import importlib.metadata
import importlib.util
import ipaddress
import json
import os
import re
import shutil
import socket

from ansible_collections.alparque.festival.plugins.module_utils.docker.socket import NoAnswer, ask

#: What an overlay network, a balanced address and an encrypted network need: kernel module → its configuration symbol.
FEATURES = {
    "overlay": ("vxlan", "CONFIG_VXLAN"),
    "ipvs": ("ip_vs", "CONFIG_IP_VS"),
    "esp": ("esp4", "CONFIG_INET_ESP"),
}
FAMILIES = {
    "debian": "Debian",
    "rhel": "RedHat",
    "fedora": "RedHat",
    "suse": "Suse",
    "alpine": "Alpine",
    "arch": "Archlinux",
}


def read(path: str) -> str:
    """Return the text of a file of the host, or nothing where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def ask_engine(path: str) -> tuple[dict | None, str | None, str | None]:
    """Return what the engine says of itself and its API version, or the reason why it says nothing."""
    if not os.path.exists(path) and not find_command("dockerd"):
        return None, None, None
    try:
        answer = ask(path, "/info")
    except NoAnswer as error:
        return None, None, str(error)
    if answer.status == 200 and isinstance(answer.body, dict):
        return answer.body, answer.api_version, None
    told = answer.body.get("message", answer.body) if isinstance(answer.body, dict) else answer.body
    return None, None, f"{path}: {told}"


def engine(info: dict | None, api_version: str | None) -> dict | None:
    """Return what the roles need to know of the engine."""
    if info is None:
        return None
    return {
        "version": info["ServerVersion"],
        "api_version": api_version,
        "storage_driver": info["Driver"],
        "cgroup_version": int(info.get("CgroupVersion") or 1),
        "id": info["ID"],
        "root_dir": info["DockerRootDir"],
    }


def images(path: str) -> list[str]:
    """Return the digests by which the engine knows its images; none where it does not tell."""
    with contextlib.suppress(NoAnswer):
        answer = ask(path, "/images/json")
        if answer.status == 200 and isinstance(answer.body, list):
            return sorted({digest for image in answer.body for digest in image.get("RepoDigests") or []})
    return []


def swarm(info: dict | None) -> dict:
    """Return the host's membership of a Swarm. A worker is not told which cluster it belongs to, only its managers."""
    told = (info or {}).get("Swarm") or {}
    return {
        "state": told.get("LocalNodeState") or "inactive",
        "node_id": told.get("NodeID") or None,
        "address": told.get("NodeAddr") or None,
        "cluster_id": (told.get("Cluster") or {}).get("ID") or None,
        "is_manager": bool(told.get("ControlAvailable")),
        "managers": sorted(manager["Addr"] for manager in told.get("RemoteManagers") or []),
    }


def operating_system(release: str) -> dict:
    """Return the distribution that /etc/os-release describes, and the kernel."""
    told = {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in release.splitlines())}
    names = [told.get("ID", "linux"), *told.get("ID_LIKE", "").split()]
    kernel = os.uname()
    return {
        "family": next((FAMILIES[name] for name in names if name in FAMILIES), names[0].capitalize()),
        "distribution": names[0].capitalize(),
        "version": told.get("VERSION_ID", ""),
        "codename": told.get("VERSION_CODENAME", ""),
        "kernel": kernel.release,
        "architecture": kernel.machine,
    }


def package_version(name: str) -> str | None:
    """Return the version of an importable Python package, or None."""
    if importlib.util.find_spec(name) is None:
        return None
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def kernel_config(release: str) -> str:
    """Return the kernel's build configuration from wherever this distribution keeps it."""
    with contextlib.suppress(OSError), gzip.open("/proc/config.gz", "rt") as file:
        return file.read()
    return read(f"/boot/config-{release}") or read(f"/lib/modules/{release}/config")


def kernel_feature(symbol: str, module: str, loaded: bool, config: str, modules: str) -> bool | None:
    """Say whether the kernel can do it: loaded, built in or loadable. None: it does not tell.

    A container counts a loadable module as there: the kernel itself loads it when it is first used.
    """
    if loaded or re.search(rf"/{module}\.ko", modules) or re.search(rf"^{symbol}=[ym]$", config, re.MULTILINE):
        return True
    return False if config or modules else None


def kernel_features() -> dict[str, bool | None]:
    """Return which of FEATURES the running kernel has."""
    release = os.uname().release
    config = kernel_config(release)
    modules = read(f"/lib/modules/{release}/modules.dep") + read(f"/lib/modules/{release}/modules.builtin")
    return {
        feature: kernel_feature(symbol, module, os.path.isdir(f"/sys/module/{module}"), config, modules)
        for feature, (module, symbol) in FEATURES.items()
    }


def routes(table: str) -> list[dict[str, str]]:
    """Return the networks of /proc/net/route, which has them as little-endian hexadecimals, without the default."""
    found = []
    for line in table.splitlines()[1:]:
        device, destination, _gateway, _flags, _count, _use, _metric, mask = line.split()[:8]
        address, netmask = (ipaddress.IPv4Address(bytes.fromhex(word)[::-1]) for word in (destination, mask))
        if int(netmask):
            found.append({"network": str(ipaddress.IPv4Network(f"{address}/{netmask}")), "device": device})
    return found


def addresses(trie: str, networks: list[dict[str, str]]) -> list[str]:
    """Return the host's IPv4 addresses with the length of the network that each lies in, without the loopback ones.

    /proc/net/fib_trie lists every address of the host as "|-- 10.0.0.2" followed by "/32 host LOCAL".
    """
    local = set(re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", trie))
    ranges = [ipaddress.IPv4Network(network["network"]) for network in networks]
    found = []
    for address in sorted(map(ipaddress.IPv4Address, local)):
        if not address.is_loopback:
            around = max((network.prefixlen for network in ranges if address in network), default=32)
            found.append(f"{address}/{around}")
    return found


def own_address(wanted: str, inbound: str, outbound: str, own: list[str]) -> str | None:
    """Return the address by which the other hosts reach this one.

    What the inventory says, if it is an address of this host and not one of a translating router; else the one by which
    the controller came in; else the one that packets leave from; else the first.
    """
    known = [address.partition("/")[0] for address in own]
    return next((address for address in (wanted, inbound, outbound) if address in known), known[0] if known else None)


def inbound_address() -> str:
    """Return the address at which the controller's ssh connection ends."""
    return (os.environ.get("SSH_CONNECTION", "").split() + [""] * 4)[2]


def outbound_address() -> str:
    """Return the address that packets to far networks leave from. Connecting a datagram socket sends nothing."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]
    return ""


def free_bytes(folder: str) -> int:
    """Return the free space of the file system that the folder is on, or would be on."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return shutil.disk_usage(folder).free


def memory_bytes(meminfo: str) -> int:
    """Return the size of the memory that /proc/meminfo tells in kB."""
    told = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(told.group(1)) * 1024 if told else 0


def find_command(name: str) -> str | None:
    """Return the path of a command, with the folders that an unprivileged PATH lacks."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")


def daemon_config(text: str) -> dict | None:
    """Return the engine's configuration, not its proxies, whose addresses may hold passwords. None: not JSON."""
    try:
        config = json.loads(text or "{}")
    except ValueError:
        return None
    if not isinstance(config, dict):
        return None
    return {**config, "proxies": "not shown"} if "proxies" in config else config
