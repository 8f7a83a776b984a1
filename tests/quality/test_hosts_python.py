"""What runs on hosts runs with the oldest Python that the preflight lets through, and what asks for it with Ansible's oldest."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import typing as t
from pathlib import Path

import ansible.module_utils
import ansible.release
import pytest
from ansible.module_utils.basic import _PY_MIN as OLDEST_OF_ANSIBLE
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.systems import OLDEST_PYTHON

CHECKOUT = Path(__file__).parents[2]
COLLECTION = "ansible_collections.alparque.festival."
#: What is run on a host before its Python is judged.
FIRST = "plugins/modules/host_info.py"
ON_HOSTS = sorted(
    str(path.relative_to(CHECKOUT))
    for of in ("modules", "module_utils")
    for path in (CHECKOUT / "plugins" / of).rglob("*.py")
)


def used_by(name: str) -> set[str]:
    """Return a file and those of the collection that it imports, directly or not."""
    found, waiting = set(), [name]
    while waiting:
        file = waiting.pop()
        found.add(file)
        tree = ast.parse((CHECKOUT / file).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(COLLECTION):
                package = node.module.removeprefix(COLLECTION).replace(".", "/")
                paths = [f"{package}.py", *(f"{package}/{alias.name}.py" for alias in node.names)]
                waiting += [path for path in paths if (CHECKOUT / path).is_file() and path not in found]
    return found


def too_new(version: tuple[int, int], texts: dict[str, str]) -> list[str]:
    """Return the files whose syntax an older Python does not know."""
    found = []
    for name, text in texts.items():
        try:
            ast.parse(text, feature_version=version)
        except SyntaxError as error:
            found.append(f"{name}: {error}")
    return found


def needed(files: t.Iterable[str | Path]) -> tuple[int, int]:
    """Return the oldest Python that has all of the syntax, modules, functions and parameters that files use."""
    command = [Path(sys.executable).with_name("vermin"), "--no-tips", *(str(CHECKOUT / file) for file in files)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"^Minimum required versions:.*?(3)\.(\d+)$", said, re.MULTILINE)
    assert found, said
    return int(found[1]), int(found[2])


def texts_of(files: t.Iterable[str]) -> dict[str, str]:
    """Return files' texts by name."""
    return {file: (CHECKOUT / file).read_text(encoding="utf-8") for file in files}


def test_what_runs_on_hosts_is_written_for_the_python_that_preflight_asks_for() -> None:
    assert len(ON_HOSTS) > 50 and FIRST in ON_HOSTS
    assert too_new(OLDEST_PYTHON, texts_of(ON_HOSTS)) == []
    # Nor does it ask for a newer one than it needs.
    assert needed(ON_HOSTS) == OLDEST_PYTHON


def test_what_asks_for_it_runs_with_whatever_ansible_runs_with() -> None:
    first = used_by(FIRST)
    assert {FIRST, "plugins/module_utils/hosts/info.py", "plugins/module_utils/hosts/firewall.py"} <= first
    assert too_new(OLDEST_OF_ANSIBLE, texts_of(first)) == []
    assert needed(first) <= OLDEST_OF_ANSIBLE


def python(version: tuple[int, int], *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a Python of this version, or skip the test where there is none. pyenv's are not to be had without its variable."""
    name = ".".join(map(str, version))
    environment = {**os.environ, "PYENV_VERSION": name, "PYTHONDONTWRITEBYTECODE": "1", **environment}

    def run(*given: str) -> subprocess.CompletedProcess:
        return subprocess.run([f"python{name}", *given], env=environment, capture_output=True, text=True, check=False)

    if not shutil.which(f"python{name}") or run("-c", "").returncode:
        pytest.skip(f"no Python {name} on this machine")
    return run(*arguments)


@pytest.mark.parametrize(
    ("version", "files"),
    [(OLDEST_PYTHON, ON_HOSTS), (OLDEST_OF_ANSIBLE, sorted(used_by(FIRST)))],
    ids=["the preflight's", "Ansible's"],
)
def test_a_real_one_imports_it(version: tuple[int, int], files: list[str], tmp_path: Path) -> None:
    """With what a module brings along to a host: Ansible's module_utils and the collection."""
    (tmp_path / "ansible_collections" / "alparque").mkdir(parents=True)
    (tmp_path / "ansible_collections" / "alparque" / "festival").symlink_to(CHECKOUT)
    (tmp_path / "ansible").mkdir()
    (tmp_path / "ansible" / "__init__.py").touch()
    (tmp_path / "ansible" / "module_utils").symlink_to(Path(ansible.module_utils.__file__).parent)
    (tmp_path / "ansible" / "release.py").symlink_to(Path(ansible.release.__file__))
    modules = [COLLECTION + file.removesuffix(".py").replace("/", ".") for file in files]
    program = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    done = python(version, "-c", program, *modules, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr


def test_the_linter_is_told_the_same() -> None:
    targets = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    asked = {"plugins/modules/*": "py39", "plugins/module_utils/**": "py39"}
    assert targets["per-file-target-version"] == asked
    assert {f"py{''.join(map(str, OLDEST_PYTHON))}"} == set(asked.values())


@pytest.mark.parametrize(
    "text",
    [
        "match 1:\n    case 1: pass\n",
        "import hashlib, io\nhashlib.file_digest(io.BytesIO(), 'md5')\n",
        "from itertools import pairwise\n",
        "list(zip([1], [2], strict=True))\n",
        "from dataclasses import dataclass\n@dataclass(slots=True)\nclass A:\n    pass\n",
        "import datetime\ndatetime.UTC\n",
    ],
)
def test_what_is_newer_would_be_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "newer.py").write_text(text, encoding="utf-8")
    assert needed([tmp_path / "newer.py"]) > OLDEST_PYTHON
