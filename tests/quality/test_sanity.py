"""What `ansible-test sanity` says of the collection, as its users run it: all its tests, in environments of its own making."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import ansible_test
import pytest

CHECKOUT = Path(__file__).parents[2]
#: Too slow for what they find here, or about files that are none of the collection's.
SKIPPED = ["pylint"]
#: ansible-test makes environments without pip, and would fetch a program from outside the package registries that installs
#: one, unless it lies where ansible-test keeps it. Python itself has a pip.
BOOTSTRAP = """
import subprocess
import sys

subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
"""


@pytest.fixture
def collection(tmp_path: Path, sources: dict[str, str]) -> Path:
    """Return a copy of the collection in a folder of the name that ansible-test asks for."""
    folder = tmp_path / "ansible_collections" / "alparque" / "festival"
    for name in [*sources, *(str(path.relative_to(CHECKOUT)) for path in CHECKOUT.glob("tests/sanity/*"))]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, folder / name)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home in which ansible-test finds what installs pip, and pip its settings."""
    cache = tmp_path / "home" / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True)
    asked = Path(ansible_test.__file__).with_name("_internal") / "python_requirements.py"
    versions = re.findall(r"pip=['\"]([\d.]+)", asked.read_text(encoding="utf-8"))
    assert versions
    for version in versions:
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(BOOTSTRAP, encoding="utf-8")
    settings = Path.home() / ".config" / "pip"
    if settings.exists():
        shutil.copytree(settings, tmp_path / "home" / ".config" / "pip")
    return tmp_path / "home"


def test_sanity(collection: Path, home: Path) -> None:
    command = ["ansible-test", "sanity", "--local", "--color", "no", "--truncate", "0"]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    done = subprocess.run(
        [*command, "--python", version, *(part for name in SKIPPED for part in ("--skip-test", name))],
        cwd=collection,
        env={**os.environ, "HOME": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
