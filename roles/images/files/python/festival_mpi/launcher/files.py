"""The job's folder in every worker container, and what was written there brought back.

Containers share no file system: one would need a server, a kernel that can mount it, or root. So the folder is copied to each
container before the run, and what is new in the output folder comes back after it.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import shlex
import subprocess
import tarfile
import tempfile
import typing as t
from pathlib import Path

from festival_mpi.launcher.errors import CopyError

#: The job's folder in a worker container, in the user's home, which sessions of ssh begin in.
FOLDER = "job"

#: Containers that are copied to or from at the same time.
AT_ONCE = 32


def _on(address: str, command: str, **streams: t.Any) -> None:
    """Run a command in a container; raise CopyError where it fails. Private."""
    done = subprocess.run(["ssh", address, command], stderr=subprocess.PIPE, check=False, **streams)
    if done.returncode:
        raise CopyError(done.stderr.decode(errors="replace").strip() or f"ssh ended with {done.returncode}")


def _each(addresses: t.Sequence[str], work: t.Callable[[str], None]) -> dict[str, str]:
    """Do something with every container; return what went wrong, by address. Private."""
    wrong: dict[str, str] = {}

    def attempt(address: str) -> None:
        try:
            work(address)
        except (CopyError, OSError, tarfile.TarError) as error:
            wrong[address] = str(error)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(attempt, addresses))
    return wrong


def give(addresses: t.Sequence[str], folder: Path) -> None:
    """Copy a folder to every container, in the place of what an earlier job left; raise CopyError where one has it not."""
    with tempfile.NamedTemporaryFile(suffix=".tar") as packed:
        with tarfile.open(packed.name, "w") as tar:
            tar.add(folder, arcname=".")

        def copy(address: str) -> None:
            with open(packed.name, "rb") as archive:
                _on(address, f"rm -rf {FOLDER} && mkdir {FOLDER} && tar -x -C {FOLDER}", stdin=archive)

        wrong = _each(addresses, copy)
    if wrong:
        raise CopyError("\n".join(f"{address} did not take the job's files: {why}" for address, why in wrong.items()))


def take(containers: t.Mapping[str, str], output: Path, before_that: str = ":") -> list[str]:
    """Bring back what containers have in the folder ``output``, and remove the job's folder there.

    Each runs the shell command ``before_that`` first. ``containers`` are names by address, those of the lowest ranks first. Where
    several wrote a file of one name with different contents, the first one's keeps the name and the others get the container's
    beside it. A file that was there before the run and is as it was, nobody has written. Returns what a user should be told.
    """
    before = {path.relative_to(output): _digest(path) for path in output.rglob("*") if path.is_file()}
    with tempfile.TemporaryDirectory(dir=output.resolve().parent) as staging:
        wrong = _each(list(containers), lambda address: _fetch(address, output, Path(staging) / address, before_that))
        told = [f"{containers[address]}: its files did not come back: {why}" for address, why in wrong.items()]
        written: dict[Path, str] = {}
        for address, name in containers.items():
            told += _merge(Path(staging) / address, name, output, before, written)
    return told


def _fetch(address: str, output: Path, folder: Path, before_that: str) -> None:
    """Unpack a container's output folder. Private."""
    folder.mkdir()
    there = shlex.quote(f"{FOLDER}/{output}")
    with tempfile.TemporaryFile(dir=folder.parent) as archive:
        # A program may have removed the folder, which is no error of the container's.
        _on(address, f"{before_that}\nmkdir -p {there} && tar -c -C {there} . && rm -rf {FOLDER}", stdout=archive)
        archive.seek(0)
        left: list[str] = []

        def within(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
            try:
                return tarfile.data_filter(member, path)
            except tarfile.FilterError:
                left.append(member.name.removeprefix("./"))
                return None

        with tarfile.open(fileobj=archive) as tar:
            tar.extractall(folder, filter=within)
    if left:
        raise CopyError(f"{', '.join(left)} would lead out of the folder {output}; only the others did.")


def _digest(path: Path) -> str:
    """Return what tells one content from another. Private."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _merge(source: Path, name: str, output: Path, before: dict[Path, str], written: dict[Path, str]) -> list[str]:
    """Move the files that one container has written to where they belong. Private."""
    told = []
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        relative, digest = path.relative_to(source), _digest(path)
        if digest in (before.get(relative), written.get(relative)):
            continue
        place = output / relative
        if relative in written:
            place = place.with_name(f"{place.name}.{name}")
            told.append(f"{relative} was written in several containers: that of {name} is {place.name}")
        written.setdefault(relative, digest)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, place)
    return told
