"""What the tools of the trade say: linters, formatters, Ansible's own documentation and validation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import ansible_test
import pytest

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COLLECTION = CHECKOUT / ".collections" / "ansible_collections" / "alparque" / "festival"
VALIDATE = Path(ansible_test.__file__).parent / "_util/controller/sanity/validate-modules/validate.py"


def tool(*command: str, cwd: Path = CHECKOUT, **environment: str) -> subprocess.CompletedProcess:
    """Run a tool of this environment, with nothing but this collection and its own packages in sight."""
    seen = {"PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".collections")}
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **seen, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
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


def plugins(kind: str) -> list[str]:
    """Return the full names of what there is of one kind."""
    folder = {"module": "plugins/modules", "role": "roles"}.get(kind, f"plugins/{kind}")
    return [f"alparque.festival.{path.stem}" for path in sorted((CHECKOUT / folder).glob("[a-z]*"))]


@pytest.mark.parametrize("kind", ["module", "lookup", "callback", "filter", "role"])
def test_everything_is_documented(kind: str) -> None:
    done = tool("ansible-doc", "--type", kind, "--json", *plugins(kind))
    assert done.returncode == 0, done.stderr
    documented = json.loads(done.stdout)
    assert sorted(documented) == plugins(kind)
    for name, about in documented.items():
        assert about.get("doc") or about["entry_points"]["main"]["short_description"], name


@pytest.mark.parametrize("kind", ["module", "lookup", "callback", "filter"])
def test_documentation_agrees_with_the_code(kind: str) -> None:
    """As `ansible-test sanity --test validate-modules` does: its program, its options.

    ansible-test itself would first download a pip from outside the package registries; this takes what is installed.
    """
    folder = "plugins/modules" if kind == "module" else f"plugins/{kind}"
    files = [f"{folder}/{path.name}" for path in sorted((COLLECTION / folder).glob("[a-z]*.py"))]
    done = tool(
        *(sys.executable, str(VALIDATE), "--format", "json", "--arg-spec"),
        *("--collection", "ansible_collections/alparque/festival", "--plugin-type", kind, *files),
        cwd=COLLECTION,
        PYTHONPATH=str(CHECKOUT / ".collections"),
    )
    assert not done.stderr
    errors = [f"{file}: {error['msg']}" for file, found in json.loads(done.stdout).items() for error in found["errors"]]
    # Ansible's own modules are under the GPL, this collection is under MIT (galaxy.yml).
    assert [error for error in errors if "GPLv3 license header" not in error] == []
    assert len(errors) == len(files), "that very error shows that every file was read"
