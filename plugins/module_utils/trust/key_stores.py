"""Where keys and tokens are kept: as Swarm secrets and configs, or as files of a host without a Swarm."""

from __future__ import annotations

import os
import shutil
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils import files
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import DockerMissing, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust import cluster_keys
from ansible_collections.alparque.festival.plugins.module_utils.trust.cluster_keys import KeySet
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import KEYS, TOKEN, Kind, Prints


class SwarmStore:
    """Secrets and configs, whose names begin with a prefix. Labels, not names, say what is ours and belongs together."""

    def __init__(self, client: t.Any, kind: Kind, prefix: str, what: str) -> None:
        self.client, self.kind, self.prefix, self.what = client, kind, prefix, what
        with docker_errors("Ask for the Swarm's state"):
            swarm = client.info()["Swarm"]
        if swarm["LocalNodeState"] == "inactive":
            raise DockerMissing("This engine is in no Swarm yet. Run playbooks/provision.yml first.")
        if not swarm["ControlAvailable"]:
            raise FestivalError(
                f"The Swarm's keys are kept by a manager, and this engine is none (state {swarm['LocalNodeState']}): "
                "run the trust role on the first host of festival_managers."
            )

    def sets(self) -> dict[int, KeySet]:
        with docker_errors(f"List {self.what}"):
            ours = {"label": f"{self.kind.label}={self.prefix}"}
            kept = self.client.secrets(filters=ours) + self.client.configs(filters=ours)
            return sets_of(self.kind, kept, self.client.services())

    def make(self, version: int, texts: dict[str, str], fingerprints: Prints) -> KeySet:
        made = KeySet({}, *fingerprints)
        try:
            for part in self.kind.parts:
                name = f"{self.prefix}-{part}-v{version}"
                create = self.client.create_secret if part in self.kind.secrets else self.client.create_config
                labels = dict(zip(_labels(self.kind), (self.prefix, part, str(version), *fingerprints)))
                with docker_errors(f"Create {name}"):
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
            remove = self.client.remove_secret if part in self.kind.secrets else self.client.remove_config
            with docker_errors(f"Remove {found['name']}"):
                remove(found["id"])


def _labels(kind: Kind) -> list[str]:
    return [kind.label, *(f"{kind.label}.{name}" for name in ("part", "version", "fingerprint", "host-fingerprint"))]


def sets_of(kind: Kind, kept: list[dict], services: list[dict]) -> dict[int, KeySet]:
    """Return the versions that secrets and configs, as the engine lists them, make up, and the services that use them."""
    sets: dict[int, KeySet] = {}
    users = _users(services)
    for item in kept:
        _ours, part, version, *prints = (item["Spec"]["Labels"].get(label, "") for label in _labels(kind))
        found = sets.setdefault(int(version), KeySet({}, *prints))
        found.objects[part] = {"name": item["Spec"]["Name"], "id": item["ID"]}
        found.used_by = sorted({*found.used_by, *users.get(item["ID"], ())})
        if [found.fingerprint, found.host_fingerprint] != prints:
            found.flaw = "is mixed from two sets"
    for found in sets.values():
        if missing := [part for part in kind.parts if part not in found.objects]:
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

    def __init__(self, client: t.Any, kind: Kind, folder: Path, uid: int, what: str) -> None:
        self.client, self.kind, self.folder, self.uid, self.what = client, kind, folder, uid, what

    def sets(self) -> dict[int, KeySet]:
        with docker_errors(f"List the containers that use {self.what}"):
            containers = self.client.containers(all=True)
        found = [path for path in self.folder.glob("v*") if path.name[1:].isdigit()]
        return {int(path.name[1:]): self._read(path, containers) for path in found}

    def make(self, version: int, texts: dict[str, str], fingerprints: Prints) -> KeySet:
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=self.folder, prefix=f".v{version}."))
        try:
            for part in self.kind.parts:
                files.write(temporary / _file(part), texts[part].encode(), 0o400)
                os.chown(temporary / _file(part), self.uid, self.uid)
            temporary.rename(self._path(version))
        except OSError as error:
            shutil.rmtree(temporary)
            raise FestivalError(f"Write {self.what} to {self._path(version)}: {error.strerror}") from error
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
        parts = self.kind.parts
        texts = {part: (files.read(path / _file(part)) or b"").decode() for part in parts}
        objects = {part: {"path": str(path / _file(part))} for part in parts if texts[part]}
        used_by = [_name(container) for container in containers if _mounts(container, path)]
        if missing := [part for part in parts if not texts[part]]:
            return KeySet(objects, flaw=f"lacks {', '.join(missing)}", used_by=used_by)
        try:
            return KeySet(objects, *self.kind.read(texts), used_by=used_by)
        except ValueError as error:
            return KeySet(objects, flaw=str(error), used_by=used_by)


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


def _store(client: t.Any, params: dict[str, t.Any], kind: Kind, prefix: str, what: str) -> cluster_keys.Store:
    if params["store"] == "swarm":
        return SwarmStore(client, kind, prefix, what)
    folder = Path(params["directory"])
    return FileStore(client, kind, folder / "pools" / prefix if kind is TOKEN else folder, params["uid"], what)


def converge(client: t.Any, params: dict[str, t.Any], check: bool) -> dict:
    """Have the cluster's keys, and the pool's token, in the store that is asked for."""
    stores = [_store(client, params, KEYS, params["prefix"], "the cluster's keys")]
    if pool := params["pool"]:
        stores.append(_store(client, params, TOKEN, pool, f"the token of pool {pool}"))
    return cluster_keys.converge(stores, params["version"], check)
