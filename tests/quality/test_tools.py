"""What the tools of the trade say: linters, formatters, Ansible's own documentation and validation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def tool(*command: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a tool of this environment, with nothing but this collection and its own packages in sight."""
    seen = {"PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".collections")}
    return subprocess.run(
        command, cwd=CHECKOUT, env={**os.environ, **seen, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        # YAML, too: it has yamllint in it.
        ["ansible-lint", "--strict", "--nocolor"],
        ["ruff", "check", "--no-cache"],
        ["ruff", "format", "--check", "--no-cache"],
        ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", "."],
    ],
    ids=" ".join,
)
def test_linter_is_content(command: list[str]) -> None:
    done = tool(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_shell_files(code: dict[str, str]) -> None:
    """By their ending or first line, which also says so in files that are read by others; tests/machine.yml installs shellcheck."""
    shell = re.compile(r"#!\S*[/ ](ba|da)?sh\b|# shellcheck shell=")
    files = [name for name, text in code.items() if name.endswith(".sh") or shell.match(text)]
    assert len(files) > 5
    done = tool("shellcheck", "--norc", *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_role_is_documented() -> None:
    """Modules and plugins are ansible-test's (test_sanity.py)."""
    roles = [f"alparque.festival.{path.stem}" for path in sorted((CHECKOUT / "roles").glob("[a-z]*"))]
    done = tool("ansible-doc", "--type", "role", "--json", *roles)
    assert done.returncode == 0, done.stderr
    documented = json.loads(done.stdout)
    assert sorted(documented) == roles
    for name, about in documented.items():
        points = about["entry_points"]
        assert points and all(point["short_description"] for point in points.values()), name
