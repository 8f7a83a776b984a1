"""The files that a reviewer reads."""

from __future__ import annotations

import fnmatch
import os
import typing as t
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
#: What .gitignore names, and git's own. Walking needs no git, and sees what is not committed yet.
IGNORED = [".git", ".collections", *(CHECKOUT / ".gitignore").read_text(encoding="utf-8").split()]


def is_ignored(name: str) -> bool:
    """Say whether a path relative to the checkout is made and not written."""
    return any(
        fnmatch.fnmatch(name if "/" in rule.strip("/") else Path(name).name, rule.strip("/")) for rule in IGNORED
    )


def walk(folder: Path) -> t.Iterator[Path]:
    """Yield the files below a folder."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if is_ignored(str(path.relative_to(CHECKOUT))) or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from walk(path)
        else:
            yield path


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    """Return the text of every file of the project by its path in it."""
    return {str(path.relative_to(CHECKOUT)): path.read_text(encoding="utf-8") for path in walk(CHECKOUT)}


@pytest.fixture(scope="session")
def code(sources: dict[str, str]) -> dict[str, str]:
    """Return those that a machine executes: by their ending, or their first line."""
    endings = (".py", ".yml", ".R", ".sh", ".j2")
    return {name: text for name, text in sources.items() if name.endswith(endings) or text.startswith("#!")}
