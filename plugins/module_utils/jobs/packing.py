"""Packing of a job's results: one reading of each file, by descriptor, into an archive that ends with their checksums."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import shutil
import sys
import tarfile
import time
import typing as t
from collections import ChainMap
from pathlib import Path, PurePosixPath

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs import sparse
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import ForeignFolder, Found
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import MANIFEST, manifest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.way import Missing, Refused

#: What the master's R leaves beside the script's own output, for the controller.
LEFT = ("log.txt", "events.jsonl", "session.json", "value.rds")

#: Why a file is left out for which there is no room within the limit.
TOO_LARGE = "too large"

#: The folder of a script's own files at home, and that of what each of its workers printed.
OUTPUT = "output"
SAID = "workers"


class Results:
    """What a job left: ``files`` at home → in its folder, and what is ``left_out``, with the reason.

    They have ``size`` bytes, at most ``limit``, and take ``disk`` bytes where holes take none.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.files: dict[str, str] = {}
        self.left_out: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        self.size = self.disk = 0

    def free(self, name: str) -> str:
        """Return a name that nothing has, nor a folder, and whose folders are no files: its own, or one like it."""
        parts: list[str] = []
        for part in name.split("/"):
            parts.append(part)
            taken = self.has if len(parts) <= name.count("/") else ChainMap(self.folders, *self.has.maps)
            while "/".join(parts) in taken:
                parts[-1] = _beside(parts[-1])
        return "/".join(parts)

    @property
    def has(self) -> ChainMap[str, str]:
        """Names of files, those that are left out among them."""
        return ChainMap(self.files, self.left_out)

    def take(self, name: str, source: str, size: int, disk: int) -> None:
        """Take a file, where there is room for it."""
        if self.size + size > self.limit:
            self.left_out[name] = (
                f"{TOO_LARGE} ({size >> 20:,} MB, and {self.limit >> 20:,} MB are for all: job_output_limit)"
            )
            return
        self.files[name] = source
        self.folders.update(dict.fromkeys(map(str, PurePosixPath(name).parents), ""))
        self.size += size
        self.disk += min(size, disk)


def results(
    folder: ForeignFolder, output: str, script: str, inputs: t.Mapping[str, str], limit: int = sys.maxsize
) -> Results:
    """Return what the controller gets of a job's folder, at most ``limit`` bytes, and what it does not get.

    That is all of the working directory but the ``inputs`` (name → stamp) as they came; what lies in the folder for output goes before
    what has the same name beside it.
    """
    taken = Results(limit)
    for name, source in {**{name: name for name in LEFT}, script: f"work/{script}"}.items():
        try:
            with folder.open(source) as stream:
                status = os.fstat(stream.fileno())
                taken.take(name, source, status.st_size, sparse.on_disk(status))
        except Missing:
            continue
        except Refused as refused:
            taken.left_out[name] = str(refused)
    for found in folder.walk(SAID):
        if not found.why:
            taken.take(f"{SAID}/{found.name}", f"{SAID}/{found.name}", found.size, found.disk)
    for within, found in _written(folder, output, script, inputs):
        name = taken.free(f"{OUTPUT}/{found.name}")
        if found.why:
            taken.left_out[name] = found.why
        else:
            taken.take(name, f"{within}/{found.name}", found.size, found.disk)
    return taken


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
    """Return another name for a file or folder of the working directory, where the folder for output has one of that name. Private."""
    path = PurePosixPath(name)
    return f"{path.stem}.work{path.suffix}"


class _Summed:
    """Reads the parts of a file that have data, behind a ``head`` of our own, and sums up all of it, its holes as zeros. Private."""

    def __init__(self, stream: t.BinaryIO, head: bytes, parts: list[sparse.Part]) -> None:
        self.stream, self.parts = stream, iter(parts)
        self.head = io.BytesIO(head)
        self.at = self.left = 0
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        pieces = [self.head.read(size)]
        while (missing := size - sum(map(len, pieces))) > 0:
            if not self.left:
                begin, self.left = next(self.parts)
                self.fill(begin)
                self.stream.seek(begin)
            piece = self.stream.read(min(missing, self.left))
            if not piece:
                raise OSError("a file has become shorter meanwhile; is its master not gone?")
            self.digest.update(piece)
            self.at += len(piece)
            self.left -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def fill(self, end: int) -> None:
        """Sum up the hole from here to an offset."""
        while self.at < end:
            zeros = sparse.ZEROS[: end - self.at]
            self.digest.update(zeros)
            self.at += len(zeros)


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
        self._add(entry, stream, sparse.parts(stream.fileno(), entry.size))

    def add_text(self, name: str, data: bytes) -> None:
        """Add a file of our own."""
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = len(data), int(time.time())
        self._add(entry, io.BytesIO(data), [(0, len(data))])

    def close(self) -> None:
        """Add the checksums."""
        self.add_text(MANIFEST, manifest(self.checksums))

    def _add(self, entry: tarfile.TarInfo, stream: t.BinaryIO, parts: list[sparse.Part]) -> None:
        name, size = entry.name, entry.size
        summed = _Summed(stream, b"" if parts == [(0, size)] else sparse.with_holes(entry, parts), parts)
        self.tar.addfile(entry, summed)
        summed.fill(size)
        self.checksums[name] = summed.digest.hexdigest()


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
