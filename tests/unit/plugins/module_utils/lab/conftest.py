"""What tests of an engine of our own share."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def folder():
    # Not pytest's folder: the path of a socket may not be longer than 107 characters.
    path = Path(tempfile.mkdtemp(prefix="festival-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def process():
    """Yield a process that is neither dockerd nor containerd."""
    with subprocess.Popen(["sleep", "60"]) as sleep:
        yield sleep
        sleep.kill()
