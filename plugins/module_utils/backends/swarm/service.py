"""Swarm service specs as plain data: built from options, compared with what the engine holds, and put in place."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError


def file_reference(kind: t.Literal["Secret", "Config"], found: dict[str, str], entry: dict) -> dict:
    """Return how a task mounts a secret or config, by id and name, readable by one user alone."""
    owner = str(entry["uid"])
    return {
        "File": {"Name": entry["target"], "UID": owner, "GID": owner, "Mode": 0o400},
        f"{kind}ID": found[entry["name"]],
        f"{kind}Name": entry["name"],
    }


def _named(kind: str, listing: list[dict], names: t.Collection[str], check_mode: bool) -> dict[str, str]:
    """Return ids by name; every name has to be there, unless a check run has left it to be made. Private."""
    found = {entry["Spec"]["Name"]: entry["ID"] for entry in listing}
    missing = sorted(set(names) - set(found))
    if check_mode:
        return {**dict.fromkeys(missing, "to be made"), **found}
    if missing:
        raise FestivalError(f"{kind} {', '.join(missing)} is not in this swarm. Run playbooks/trust.yml first.")
    return found


def network_id(client: t.Any, name: str) -> str:
    """Return the id of the Swarm network with that name."""
    with docker_errors(f"Looking for network {name}"):
        found = [network["Id"] for network in client.networks(names=[name]) if network["Name"] == name]
    if not found:
        raise FestivalError(f"Network {name} is not there. Run playbooks/network.yml first.")
    return found[0]


def mounted_files(client: t.Any, secrets: list[dict], configs: list[dict], check_mode: bool = False) -> dict:
    """Return the part of a container spec that mounts secrets and configs."""
    with docker_errors("Listing secrets and configs"):
        kept = {"Secret": client.secrets() if secrets else [], "Config": client.configs() if configs else []}
    secret_ids = _named("Secret", kept["Secret"], [entry["name"] for entry in secrets], check_mode)
    config_ids = _named("Config", kept["Config"], [entry["name"] for entry in configs], check_mode)
    return {
        "Secrets": [file_reference("Secret", secret_ids, entry) for entry in secrets],
        "Configs": [file_reference("Config", config_ids, entry) for entry in configs],
    }


def _empty(value: t.Any) -> bool:
    """The engine leaves out what is empty or zero. Private."""
    return value in (None, "", 0, False) or value in ([], {})


def differences(current: t.Any, wanted: t.Any, path: str = "") -> dict[str, tuple[t.Any, t.Any]]:
    """Return {path: (is, should be)} for what ``wanted`` asks for; what only the engine added is not compared."""
    if isinstance(wanted, dict) and wanted:
        current = current if isinstance(current, dict) else {}
        found: dict = {}
        for key, value in wanted.items():
            found.update(differences(current.get(key), value, f"{path}.{key}" if path else key))
        return found
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], dict) and len(current or []) == len(wanted):
        found = {}
        pairs = zip(sorted(current, key=_order), sorted(wanted, key=_order))
        for index, (is_now, should_be) in enumerate(pairs):
            found.update(differences(is_now, should_be, f"{path}[{index}]"))
        return found
    if isinstance(wanted, list):
        same = sorted(current or [], key=_order) == sorted(wanted, key=_order)
    else:
        same = current == wanted or (_empty(current) and _empty(wanted))
    return {} if same else {path: (current, wanted)}


def _order(value: t.Any) -> str:
    """The engine may return lists in another order. Private."""
    name = (
        value.get("SecretName") or value.get("ConfigName") or value.get("Target") if isinstance(value, dict) else None
    )
    return name or json.dumps(value, sort_keys=True)


def find_service(client: t.Any, name: str) -> dict | None:
    """Return the service with exactly that name, or None."""
    with docker_errors(f"Looking for service {name}"):
        found = [service for service in client.services({"name": name}) if service["Spec"]["Name"] == name]
    return found[0] if found else None


def _arguments(spec: dict) -> dict:
    """Return the SDK's arguments for a spec. Private."""
    return {
        "name": spec["Name"],
        "labels": spec["Labels"],
        "mode": spec["Mode"],
        "endpoint_spec": spec["EndpointSpec"],
        "update_config": spec.get("UpdateConfig"),
    }


def create_service(client: t.Any, spec: dict) -> None:
    """Create a service from its spec."""
    with docker_errors(f"Creating service {spec['Name']}"):
        client.create_service(spec["TaskTemplate"], **_arguments(spec))


def update_service(client: t.Any, service: dict, spec: dict) -> None:
    """Bring a service up to its spec; the version guards against somebody else's write meanwhile."""
    with docker_errors(f"Updating service {spec['Name']}"):
        client.update_service(
            service["ID"], service["Version"]["Index"], task_template=spec["TaskTemplate"], **_arguments(spec)
        )


def remove_service(client: t.Any, name: str) -> None:
    """Remove a service; its containers end in their stop grace period."""
    with docker_errors(f"Removing service {name}"):
        client.remove_service(name)


def tasks_of(client: t.Any, name: str) -> list[dict]:
    """Return the service's tasks, oldest first."""
    with docker_errors(f"Listing the tasks of {name}"):
        # Without the Z, for the engine leaves out trailing zeros: 32.4Z comes before 32.41Z.
        return sorted(client.tasks({"service": name}), key=lambda task: task["CreatedAt"].rstrip("Z"))
