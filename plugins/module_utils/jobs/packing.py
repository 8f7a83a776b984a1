"""Packing of a job's results: one reading of each file, by descriptor, into an archive that ends with their checksums."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import shutil
import tarfile
import time
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import ForeignFolder, Found
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import MANIFEST, manifest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.way import Missing, Refused

#: What the master's R leaves beside the script's own output, for the controller.
LEFT = ("log.txt", "events.jsonl", "session.json", "value.rds")

#: The folder of a script's own files at home, and that of what each of its workers printed.
OUTPUT = "output"
SAID = "workers"


class Results(t.NamedTuple):
    """What a job left: ``files`` at home → in its folder, their ``size`` in bytes, and what is ``left_out``, with the reason."""

    files: dict[str, str]
    size: int
    left_out: dict[str, str]


def results(folder: ForeignFolder, output: str, script: str, inputs: t.Mapping[str, str]) -> Results:
    """Return what the controller gets of a job's folder, and what it does not get.

    That is all of the working directory but the ``inputs`` (name → stamp) as they came; what lies in the folder for output goes before
    what has the same name beside it.
    """
    files, left_out, size = {}, {}, 0
    for name, source in {**{name: name for name in LEFT}, script: f"work/{script}"}.items():
        try:
            with folder.open(source) as stream:
                files[name] = source
                size += os.fstat(stream.fileno()).st_size
        except Missing:
            continue
        except Refused as refused:
            left_out[name] = str(refused)
    for found in folder.walk(SAID):
        if not found.why:
            files[f"{SAID}/{found.name}"] = f"{SAID}/{found.name}"
            size += found.size
    for within, found in _written(folder, output, script, inputs):
        name = f"{OUTPUT}/{found.name}"
        while name in files or name in left_out:
            name = _beside(name)
        if found.why:
            left_out[name] = found.why
        else:
            files[name] = f"{within}/{found.name}"
            size += found.size
    return Results(files, size, left_out)


def _written(
    folder: ForeignFolder, output: str, script: str, inputs: t.Mapping[str, str]
) -> t.Iterator[tuple[str, Found]]:
    """Yield what a script wrote: the folder that it lies in, and its name in there. Private."""
    special = "/".join(part for part in output.split("/") if part not in ("", "."))
    for within in dict.fromkeys((f"work/{special}".rstrip("/"), "work")):
        for found in folder.walk(within):
            name = f"{within}/{found.name}"[len("work/") :]
            is_special = special and within == "work" and name.startswith(f"{special}/")
            if not is_special and name != script and inputs.get(name) != found.stamp:
                yield within, found


def _beside(name: str) -> str:
    """Return another name for a file of the working directory, where the folder for output has one of that name. Private."""
    path = Path(name)
    return str(path.with_name(f"{path.stem}.work{path.suffix}"))


class _Summed:
    """Reads a stream and its checksum at once. Private."""

    def __init__(self, stream: t.BinaryIO) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        if len(data) < size:
            raise OSError("a file has become shorter meanwhile; is its master not gone?")
        self.digest.update(data)
        return data


class Archive:
    """An archive that is being written, and the checksums of what it has so far."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar
        self.checksums: dict[str, str] = {}

    def add(self, name: str, stream: t.BinaryIO) -> None:
        """Add an open file."""
        status = os.fstat(stream.fileno())
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = status.st_size, status.st_mode & 0o777
        # A script may give its files any time.
        entry.mtime = min(max(int(status.st_mtime), 0), int(time.time()))
        self._add(entry, stream)

    def add_text(self, name: str, data: bytes) -> None:
        """Add a file of our own."""
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = len(data), int(time.time())
        self._add(entry, io.BytesIO(data))

    def close(self) -> None:
        """Add the checksums."""
        self.add_text(MANIFEST, manifest(self.checksums))

    def _add(self, entry: tarfile.TarInfo, stream: t.BinaryIO) -> None:
        summed = _Summed(stream)
        self.tar.addfile(entry, summed)
        self.checksums[entry.name] = summed.digest.hexdigest()


def _private(path: str, flags: int) -> int:
    """Open a file that nobody else may read, not even for a moment. Private."""
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def archive_at(path: Path, size: int) -> t.Iterator[Archive]:
    """Give an archive that takes its place at ``path`` when all of it, ``size`` bytes of files, is written; else nothing stays.

    Raises FestivalError where there is no room for it, or another error of the disk.
    """
    part = path.with_suffix(".part")
    try:
        part.unlink(missing_ok=True)
        free = shutil.disk_usage(path.parent).free
        if size > free:
            raise OSError(errno.ENOSPC, f"{size / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free")
        with open(part, "wb", opener=_private) as stream, tarfile.open(fileobj=stream, mode="w") as tar:
            archive = Archive(tar)
            yield archive
            archive.close()
        part.replace(path)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise FestivalError(
            f"The results of job {path.parent.name} cannot be packed on the manager: {error.strerror or error}. "
            f"{f'Make room in {path.parent.parent}' if full else 'Mend what this names'}, and run again to fetch them."
        ) from error
    finally:
        part.unlink(missing_ok=True)
