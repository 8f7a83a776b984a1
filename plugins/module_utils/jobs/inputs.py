"""What a job is, on both sides: its id, its files and their checksums, and the error that R gave."""

from __future__ import annotations

import hashlib
import re
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.identity import content_id

#: Name of the list of checksums beside a job's results, in the format of sha256sum(1).
MANIFEST = "manifest.sha256"

_CHUNK = 1 << 20


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file of any size without holding it in memory."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def input_files(script: Path, files: t.Iterable[Path]) -> dict[str, Path]:
    """Return what goes into the job's folder: the script, and files and folders beside it under their own names."""
    inputs = {script.name: script}
    for path in files:
        members = [path] if path.is_file() else sorted(member for member in path.rglob("*") if member.is_file())
        for member in members:
            name = path.name if member == path else f"{path.name}/{member.relative_to(path)}"
            if name in inputs and inputs[name] != member:
                raise FestivalError(f"Two of the job's files are called {name}. Rename one of them.")
            inputs[name] = member
    return inputs


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


def manifest(files: dict[str, Path]) -> str:
    """Return the checksums of results by the names they will have."""
    return "".join(f"{file_sha256(path)}  {name}\n" for name, path in sorted(files.items()))


def manifest_problems(folder: Path) -> list[str]:
    """Return what of a job's results is missing or not as it was made; empty when all is well."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return [f"{MANIFEST} is missing"]
    problems = []
    for line in manifest.read_text().splitlines():
        checksum, _, name = line.partition("  ")
        path = folder / name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif file_sha256(path) != checksum:
            problems.append(f"{name} differs from its checksum")
    return problems
