"""Where a cluster's keys are kept: as Swarm secrets and configs, or as files of a host without a Swarm."""

from __future__ import annotations

import os
import shutil
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils import files
from ansible_collections.alparque.festival.plugins.module_utils.engine import (
    EngineMissing,
    FestivalError,
    engine_errors,
)
from ansible_collections.alparque.festival.plugins.module_utils.trust import cluster_keys, keys
from ansible_collections.alparque.festival.plugins.module_utils.trust.cluster_keys import PARTS, KeySet

SECRETS = PARTS[:2]
LABEL = "festival.trust"


class SwarmStore:
    """Two secrets and two configs a version. Labels, not names, say what is ours and what belongs together."""

    def __init__(self, client: t.Any, prefix: str) -> None:
        self.client, self.prefix = client, prefix
        with engine_errors("Ask for the Swarm's state"):
            swarm = client.info()["Swarm"]
        if swarm["LocalNodeState"] == "inactive":
            raise EngineMissing("This engine is in no Swarm yet. Run playbooks/provision.yml first.")
        if not swarm["ControlAvailable"]:
            raise FestivalError(
                f"The Swarm's keys are kept by a manager, and this engine is none (state {swarm['LocalNodeState']}): "
                "run the trust role on the first host of festival_managers."
            )

    def sets(self) -> dict[int, KeySet]:
        with engine_errors("List the cluster's keys"):
            ours = {"label": f"{LABEL}={self.prefix}"}
            kept = self.client.secrets(filters=ours) + self.client.configs(filters=ours)
            return sets_of(kept, self.client.services())

    def make(self, version: int, texts: dict[str, str], fingerprints: tuple[str, str]) -> KeySet:
        made = KeySet({}, *fingerprints)
        try:
            for part in PARTS:
                name = f"{self.prefix}-{part}-v{version}"
                create = self.client.create_secret if part in SECRETS else self.client.create_config
                labels = dict(zip(_LABELS, (self.prefix, part, str(version), *fingerprints)))
                with engine_errors(f"Create {name}"):
                    made.objects[part] = {"name": name, "id": create(name, texts[part].encode(), labels)["ID"]}
        except FestivalError as error:
            self._remove(made)
            raise FestivalError(
                f"{error}. Nothing is left of what was begun. Remove what stands in the way, or set another festival_trust_version."
            ) from error
        return made

    def mend(self, version: int, check: bool) -> bool:
        return False

    def remove(self, version: int) -> None:
        self._remove(self.sets().get(version, KeySet()))

    def _remove(self, kept: KeySet) -> None:
        for part, found in kept.objects.items():
            with engine_errors(f"Remove {found['name']}"):
                (self.client.remove_secret if part in SECRETS else self.client.remove_config)(found["id"])


_LABELS = (LABEL, f"{LABEL}.part", f"{LABEL}.version", f"{LABEL}.fingerprint", f"{LABEL}.host-fingerprint")


def sets_of(kept: list[dict], services: list[dict]) -> dict[int, KeySet]:
    """Return the versions that secrets and configs, as the engine lists them, make up, and the services that use them."""
    sets: dict[int, KeySet] = {}
    users = _users(services)
    for item in kept:
        _ours, part, version, *prints = (item["Spec"]["Labels"].get(label, "") for label in _LABELS)
        found = sets.setdefault(int(version), KeySet({}, *prints))
        found.objects[part] = {"name": item["Spec"]["Name"], "id": item["ID"]}
        found.used_by = sorted({*found.used_by, *users.get(item["ID"], ())})
        if [found.fingerprint, found.host_fingerprint] != prints:
            found.flaw = "is mixed from two sets"
    for found in sets.values():
        if missing := [part for part in PARTS if part not in found.objects]:
            found.flaw = f"lacks {', '.join(missing)}"
    return sets


def _users(services: list[dict]) -> dict[str, set[str]]:
    users: dict[str, set[str]] = {}
    for service in services:
        container = service["Spec"]["TaskTemplate"].get("ContainerSpec", {})
        used = [secret["SecretID"] for secret in container.get("Secrets") or ()]
        used += [config["ConfigID"] for config in container.get("Configs") or ()]
        for identity in used:
            users.setdefault(identity, set()).add(f"service {service['Spec']['Name']}")
    return users


class FileStore:
    """A folder a version, its files readable by one user. It appears whole or not at all."""

    def __init__(self, client: t.Any, folder: Path, uid: int) -> None:
        self.client, self.folder, self.uid = client, folder, uid

    def sets(self) -> dict[int, KeySet]:
        with engine_errors("List the containers that use the cluster's keys"):
            containers = self.client.containers(all=True)
        found = [path for path in self.folder.glob("v*") if path.name[1:].isdigit()]
        return {int(path.name[1:]): self._read(path, containers) for path in found}

    def make(self, version: int, texts: dict[str, str], fingerprints: tuple[str, str]) -> KeySet:
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=self.folder, prefix=f".v{version}."))
        try:
            for part in PARTS:
                files.write(temporary / _file(part), texts[part].encode(), 0o400)
                os.chown(temporary / _file(part), self.uid, self.uid)
            temporary.rename(self._path(version))
        except OSError as error:
            shutil.rmtree(temporary)
            raise FestivalError(f"Write the cluster's keys to {self._path(version)}: {error.strerror}") from error
        return self._read(self._path(version), [])

    def mend(self, version: int, check: bool) -> bool:
        wrong = [path for path in self._path(version).glob("*") if _access(path) != (0o400, self.uid)]
        for path in [] if check else wrong:
            path.chmod(0o400)
            os.chown(path, self.uid, self.uid)
        return bool(wrong)

    def remove(self, version: int) -> None:
        shutil.rmtree(self._path(version), ignore_errors=True)

    def _path(self, version: int) -> Path:
        return self.folder / f"v{version}"

    def _read(self, path: Path, containers: list[dict]) -> KeySet:
        texts = {part: (files.read(path / _file(part)) or b"").decode() for part in PARTS}
        objects = {part: {"path": str(path / _file(part))} for part in PARTS if texts[part]}
        used_by = [_name(container) for container in containers if _mounts(container, path)]
        if missing := [part for part in PARTS if not texts[part]]:
            return KeySet(objects, flaw=f"lacks {', '.join(missing)}", used_by=used_by)
        try:
            cluster, host = (keys.public_half(texts[part]) for part in SECRETS)
        except ValueError:
            return KeySet(objects, flaw="has an unreadable key", used_by=used_by)
        whole = cluster in texts["authorized-keys"] and host in texts["known-hosts"]
        prints = keys.fingerprint(cluster), keys.fingerprint(host)
        return KeySet(objects, *prints, flaw=None if whole else "is mixed from two sets", used_by=used_by)


def _file(part: str) -> str:
    return part.replace("-", "_")


def _access(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mode & 0o7777, status.st_uid


def _name(container: dict) -> str:
    return f"container {container['Names'][0].lstrip('/')}"


def _mounts(container: dict, path: Path) -> bool:
    sources = [Path(mount.get("Source", "/")) for mount in container.get("Mounts", ())]
    return any(path == source or path in source.parents for source in sources)


def converge(client: t.Any, params: dict[str, t.Any], check: bool) -> dict:
    """Have the cluster's keys in the store that is asked for."""
    if params["store"] == "swarm":
        store: cluster_keys.Store = SwarmStore(client, params["prefix"])
    else:
        store = FileStore(client, Path(params["directory"]), params["uid"])
    return cluster_keys.converge(store, params["version"], check)
