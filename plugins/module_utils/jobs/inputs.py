"""What a job is, on both sides: its id and its files."""

from __future__ import annotations

import codecs
import glob
import hashlib
import os
import re
import shutil
import tarfile
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.identity import content_id

#: What else has a name in the folder of a job's results.
RESULTS = (
    "events.jsonl",
    "job.json",
    "log.txt",
    "manifest.sha256",
    "output",
    "report.html",
    "session.json",
    "value.rds",
)

_CHUNK = 1 << 20


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file of any size without holding it in memory."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def chosen(names: t.Iterable[str]) -> list[Path]:
    """Return the files and folders that names or patterns stand for, ``**`` for folders at any depth, in their order.

    A name that is there is no pattern, whatever is in it. Raises FestivalError where a pattern stands for nothing.
    """
    found: list[Path] = []
    for name in names:
        path = Path(str(name)).expanduser()
        if os.path.lexists(path) or not glob.has_magic(str(path)):
            found.append(path)
            continue
        matches = sorted(glob.glob(str(path), recursive=True))
        if not matches:
            raise FestivalError(
                f"job_files has {path.absolute()}, and nothing there is called so. Correct the pattern."
            )
        found += [Path(match) for match in matches]
    return found


def input_files(script: Path, files: t.Iterable[Path]) -> dict[str, Path]:
    """Return what goes into the job's folder: the script, and files and folders beside it under their own names.

    Raises FestivalError where they cannot lie beside each other, or where a file cannot be among the results.
    """
    if script.name in RESULTS:
        raise FestivalError(f"The script is called {script.name}, as one of a job's results is. Rename it.")
    inputs = {script.name: script}
    for path in files:
        # "." and what ends with ".." have no name of their own.
        called = path.name if path.name not in ("", "..") else path.resolve().name
        members = [path] if path.is_file() else sorted(member for member in path.rglob("*") if member.is_file())
        for member in members:
            name = called if member == path else f"{called}/{member.relative_to(path)}"
            if name in inputs and inputs[name] != member:
                raise FestivalError(f"Two of the job's files are called {name}. Rename one of them.")
            inputs[name] = member
    return inputs


def left_behind(files: t.Iterable[Path]) -> list[Path]:
    """Return what lies in folders among a job's files and is neither a file nor a folder, nor leads to one: it does not go along."""
    members = (member for path in files if path.is_dir() for member in sorted(path.rglob("*")))
    return [member for member in members if not (member.is_file() or member.is_dir())]


def looks(inputs: t.Mapping[str, Path]) -> dict[str, tuple[int, ...]]:
    """Return by what each file is known not to have changed: inode, size, and when it last did.

    Raises FestivalError where one cannot be read.
    """
    found = {}
    for name, path in inputs.items():
        try:
            with path.open("rb") as stream:
                about = os.fstat(stream.fileno())
        except OSError as error:
            raise FestivalError(
                f"{path.absolute()} cannot be read: {error.strerror}. Give yourself the permission (chmod u+r), or take it "
                "out of job_files."
            ) from error
        found[name] = (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    return found


def job_id(
    script: str,
    inputs: dict[str, Path],
    arguments: list[str],
    environment: dict[str, t.Any],
    output: str,
    engine: str,
    image: str,
) -> str:
    """Return the script's name and 12 hex digits that change when anything changes that the results can depend on.

    The environment counts as the script sees it, as text: 1 and "1" are the same job.
    """
    content = {
        "script": script,
        "inputs": {name: file_sha256(path) for name, path in inputs.items()},
        "arguments": arguments,
        "environment": {str(name): None if value is None else str(value) for name, value in environment.items()},
        "output": output,
        "engine": engine,
        "image": image,
    }
    stem = re.sub(r"[^a-z0-9]+", "-", Path(script).stem.lower()).strip("-")[:30] or "job"
    return f"{stem}-{content_id(content)}"


def pack(inputs: t.Mapping[str, Path], script: str, archive: Path) -> None:
    """Write a job's files to an archive.

    R's parser takes no byte order mark before a script, which some editors write: it is left out.
    """
    with tarfile.open(archive, "w", dereference=True) as tar:
        for name, path in inputs.items():
            about = tar.gettarinfo(path.resolve(), arcname=name)
            with path.open("rb") as stream:
                if name == script and stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
                    about.size -= len(codecs.BOM_UTF8)
                else:
                    stream.seek(0)
                try:
                    tar.addfile(about, stream)
                except OSError as error:
                    raise FestivalError(
                        f"{path.absolute()} could not be read to its end: {error}. Run again when nobody writes to it any more."
                    ) from error


def hand_over(archive: Path, copy: Path, uid: int) -> None:
    """Copy an archive of a job's files to where its master reads it, and nobody else."""
    with archive.open("rb") as source, copy.open("xb") as target:
        os.fchmod(target.fileno(), 0o400)
        os.fchown(target.fileno(), uid, uid)
        shutil.copyfileobj(source, target, _CHUNK)
