"""Keys and tokens as files of the one host, which containers mount."""

from __future__ import annotations

import os
import shutil
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils import files, names
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust.cluster_keys import KeySet
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import KEYS, TOKEN, Kind, Prints


def place(kind: Kind, directory: str, owner: str) -> Path:
    """Return the folder of a kind's versions: a pool's token has one of its own."""
    return Path(directory) / "pools" / owner if kind is TOKEN else Path(directory)


def key_binds(keys: dict | None, pool: str) -> list[str]:
    """Return what a container mounts, read-only: the cluster's keys and its pool's token. No keys are none."""
    if not keys:
        return []
    version, directory = f"v{keys['version']}", keys["directory"]
    return [
        f"{place(kind, directory, pool) / version / names.key_file(part)}:{target}:ro"
        for kind in (KEYS, TOKEN)
        for part, target in kind.targets.items()
    ]


class FileStore:
    """A folder a version, its files readable by one user. It appears whole or not at all."""

    def __init__(self, client: t.Any, kind: Kind, owner: str, directory: str, uid: int) -> None:
        self.client, self.kind, self.uid = client, kind, uid
        self.folder, self.what = place(kind, directory, owner), kind.what.format(owner=owner)

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
                files.write(temporary / names.key_file(part), texts[part].encode(), 0o400)
                os.chown(temporary / names.key_file(part), self.uid, self.uid)
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
        texts = {part: (files.read(path / names.key_file(part)) or b"").decode() for part in parts}
        objects = {part: {"path": str(path / names.key_file(part))} for part in parts if texts[part]}
        used_by = [_name(container) for container in containers if _mounts(container, path)]
        if missing := [part for part in parts if not texts[part]]:
            return KeySet(objects, flaw=f"lacks {', '.join(missing)}", used_by=used_by)
        try:
            return KeySet(objects, *self.kind.read(texts), used_by=used_by)
        except ValueError as error:
            return KeySet(objects, flaw=str(error), used_by=used_by)


def _access(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mode & 0o7777, status.st_uid


def _name(container: dict) -> str:
    return f"container {container['Names'][0].lstrip('/')}"


def _mounts(container: dict, path: Path) -> bool:
    sources = [Path(mount.get("Source", "/")) for mount in container.get("Mounts", ())]
    return any(path == source or path in source.parents for source in sources)
