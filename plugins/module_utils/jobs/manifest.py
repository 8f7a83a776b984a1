"""The checksums of a job's results, in the format of sha256sum(1), for files of any name that Linux allows."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import shown
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import file_sha256

#: Name of the list of checksums beside a job's results.
MANIFEST = "manifest.sha256"

_ESCAPES = {b"\\": rb"\\", b"\n": rb"\n", b"\r": rb"\r"}
_MEANT = {escape: raw for raw, escape in _ESCAPES.items()}


def manifest(checksums: dict[str, str]) -> bytes:
    """Return the list of files with these checksums (name → SHA-256 in hex)."""
    return b"".join(_line(checksum, os.fsencode(name)) for name, checksum in sorted(checksums.items()))


def _line(checksum: str, name: bytes) -> bytes:
    """Return a line. A name that could end it is escaped, which a backslash before all says, as sha256sum has it. Private."""
    escaped = re.sub(rb"[\\\n\r]", lambda found: _ESCAPES[found[0]], name)
    return (b"" if escaped == name else b"\\") + checksum.encode() + b"  " + escaped + b"\n"


def listed(text: bytes) -> t.Iterator[tuple[str, str]]:
    """Yield the name and the checksum of each file of a list; of a line that is none the line, and no checksum."""
    # A name may hold whatever splitlines() takes for an end.
    for line in text.split(b"\n")[:-1]:
        found = re.fullmatch(rb"(\\?)([0-9a-f]{64})  (.+)", line, re.DOTALL)
        if not found:
            yield os.fsdecode(line), ""
            continue
        escaped, checksum, name = found.groups()
        if escaped:
            name = re.sub(rb"\\[\\nr]", lambda pair: _MEANT[pair[0]], name)
        yield os.fsdecode(name), checksum.decode()


def manifest_problems(folder: Path) -> list[str]:
    """Return what of a job's results is missing or not as it was made; empty when all is well."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return [f"{MANIFEST} is missing"]
    problems = []
    for name, checksum in listed(text):
        try:
            if not checksum:
                problems.append(f"{MANIFEST} has a line that is none: {shown(name)}")
            elif file_sha256(folder / name) != checksum:
                problems.append(f"{shown(name)} differs from its checksum")
        except FileNotFoundError:
            problems.append(f"{shown(name)} is missing")
        except OSError as error:
            problems.append(f"{shown(name)} cannot be read: {error.strerror}")
    return problems
