"""What the hosts themselves report, judged before anything is changed on them."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.table import DEFAULT_BACKEND, backend_named
from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    names,
    number,
    warning,
)
from ansible_collections.alparque.festival.plugins.module_utils.subnets import parse_subnet
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.systems import (
    OLDEST_PYTHON,
    bootstraps_base,
    judge_python,
    judge_system,
    written,
)

OLDEST_ENGINE = (20, 10)
Reports = t.Mapping[str, dict]

#: What ssh says → what it means and what to do. The first that fits counts.
CONNECTION_FAILURES = (
    (
        r"host key.*changed|identification has changed",
        "answers with another host key than the one known",
        "If the machine was really made anew, take its old key out of known_hosts (ssh-keygen -R) and run again",
    ),
    (
        r"host key verification failed|host key is not cached|no .*host key is known",
        "has a host key that is not known here",
        "Connect once with ssh and compare it, or let playbooks/key_exchange.yml record it",
    ),
    (
        r"permission denied|authentication fail|no authentication methods|sshpass|too many authentication",
        "does not let this user in",
        "Correct ansible_user or ansible_ssh_private_key_file, or set key_exchange_password to have your key installed",
    ),
    (
        r"could not resolve|name or service not known|temporary failure in name",
        "has a name that nobody knows",
        "Correct ansible_host in the inventory",
    ),
    (
        r"",
        "cannot be reached",
        "See that it is up and that ansible_host and ansible_port are right, or leave it out: --limit '!{host}'",
    ),
)


def one_line(text: str) -> str:
    """Return the last two lines of a tool's message, where the cause is, without what Ansible says before them."""
    said = re.sub(r"^(Task failed: |Data could not be sent .* over ssh: |Failed to connect .* via ssh: )+", "", text)
    return " ".join([line.strip() for line in said.splitlines() if line.strip(" @\t\r")][-2:]).strip(".")


def judge_connection(name: str, said: str) -> Finding:
    """Say why a host could not be reached, in ssh's own words, and what to do about that."""
    what, step = next(
        (what, step) for form, what, step in CONNECTION_FAILURES if re.search(form, said, re.IGNORECASE | re.DOTALL)
    )
    return Finding(f"Host {name} {what}: {one_line(said)}. {step.format(host=name)}.")


def judge_failure(name: str, said: str) -> Finding:
    """Say why a host that can be reached could not report."""
    # A Python that is older than Ansible takes stumbles over the very text of a module.
    cause = "its Python does not understand them (SyntaxError)" if "SyntaxError: " in said else one_line(said)
    return Finding(
        f"Host {name} cannot run Ansible's modules: {cause}. It needs Python {written(OLDEST_PYTHON)} or newer: "
        "install python3, or set ansible_python_interpreter."
    )


def engine_version(engine: dict) -> tuple[int, ...]:
    """Return the version as numbers: 20.10.24+dfsg1 is 20, 10, 24."""
    return tuple(int(digits) for digits in re.findall(r"\d+", engine["version"].partition("+")[0])[:3])


def judge_engine(name: str, host: dict) -> Findings:
    """Find an engine that is too old, and hosts on which none can be started."""
    if host["engine"]:
        if engine_version(host["engine"]) < OLDEST_ENGINE:
            yield Finding(
                f"Host {name} has Docker engine {host['engine']['version']}, older than 20.10. Upgrade it, or remove "
                "it to have one installed."
            )
        if host["engine"]["storage_driver"] == "vfs":
            yield warning(
                f"Host {name} stores images with the driver vfs, which copies every layer in full. Give "
                "/var/lib/docker a file system that overlayfs can use (ext4, xfs)."
            )
    elif not host["systemd"]:
        yield Finding(
            f"Host {name} has no engine that answers and no systemd that could start one. Start dockerd there "
            "yourself, then run again."
        )


def judge_abilities(name: str, host: dict, settings: Settings) -> Findings:
    """Find what the host has to be able to do and is not."""
    if not host["root"]:
        yield Finding(f"Host {name}: the user there is not root. Set ansible_become to true, or ansible_user to root.")
    if host["daemon"] is None:
        yield Finding(f"Host {name}: /etc/docker/daemon.json is not a JSON object. Mend it or remove it.")
    needed = number(settings.get("festival_min_free_disk_gb", 0)) or 0
    if host["free_disk_bytes"] / 1e9 < needed:
        yield Finding(
            f"Host {name} has {host['free_disk_bytes'] / 1e9:.1f} GB free where the engine keeps its data, less than "
            f"{needed:g} (festival_min_free_disk_gb). Make room (docker system prune), or lower that variable."
        )


def judge_subnet(name: str, host: dict, settings: Settings) -> Findings:
    """Find a subnet that the host already uses for something else."""
    subnet, _problem = parse_subnet(settings.get("network_subnet"))
    if subnet is None:
        return
    for route in host["routes"]:
        network = ipaddress.IPv4Network(route["network"])
        # A user-defined bridge with just this subnet is the festival's own network, or the engine will say whose it is.
        own = network == subnet and re.fullmatch(r"br-[0-9a-f]{12}", route["device"])
        if network.overlaps(subnet) and not own:
            yield Finding(
                f"Host {name} has the network {network} on {route['device']}, which network_subnet {subnet} overlaps. "
                "Set network_subnet to one that no host uses."
            )


def judge_identities(reports: Reports) -> Findings:
    """Find hosts that are one machine, or copies of one."""
    for what, step in (
        ("machine_id", "on a copied machine, empty /etc/machine-id and reboot"),
        ("engine", "on a copied machine, remove /var/lib/docker and /etc/docker/key.json"),
    ):
        sharing: dict[str, list[str]] = {}
        for name, host in reports.items():
            identity = host["engine"] and host["engine"]["id"] if what == "engine" else host[what]
            if identity:
                sharing.setdefault(identity, []).append(name)
        for identity, hosts in sharing.items():
            if len(hosts) > 1:
                yield Finding(
                    f"Hosts {names(hosts)} report one {what.replace('_id', '')} identity ({identity}): they are one "
                    f"machine under several names, or copies of one. Leave one in the inventory; {step}."
                )


def judge_hosts(
    reports: Reports, settings: Settings, manager: str, takers: t.Collection[str] = (), daring: t.Collection[str] = ()
) -> Findings:
    """Find everything that the hosts' facts forbid.

    ``takers`` are hosts that may be taken out of another swarm, on the ``daring`` ones packages may be installed though
    nobody tried their system.

    A first manager outside of --limit reports nothing.
    """
    backend = backend_named(settings.get("festival_backend", DEFAULT_BACKEND))
    for name, host in reports.items():
        yield from judge_python(name, host)
        yield from judge_system(name, host, bootstraps_base(name, manager, settings), name in daring)
        yield from judge_engine(name, host)
        yield from judge_abilities(name, host, settings)
        yield from backend.judge_host(name, host, settings)
        yield from judge_subnet(name, host, settings)
    yield from backend.judge_hosts(reports, manager, takers)
    yield from judge_identities(reports)
