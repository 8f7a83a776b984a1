"""An engine that the tests of both backends start for themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import DockerMissing, connect
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until


@pytest.fixture(scope="session")
def engine():
    """Yield a client of an engine of our own, which shares nothing with the machine's."""
    if os.geteuid() != 0 or not shutil.which("dockerd"):
        pytest.skip("needs root and dockerd")
    # In a network namespace of its own: a dockerd without a bridge removes the machine's docker0.
    # Not pytest's folder: the path of a socket may not be longer than 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="festival-"))
    command = [
        "unshare",
        "--net",
        "dockerd",
        f"--host=unix://{folder}/socket",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
    ]
    command += [f"--pidfile={folder}/pid", "--bridge=none", "--iptables=false"]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as daemon:
        try:
            answers, _ = wait_until(lambda: _client(folder), bool, 60)
            assert answers, (folder / "log").read_text()[-2000:]
            yield _client(folder)
        finally:
            daemon.terminate()
    shutil.rmtree(folder, ignore_errors=True)


def _client(folder):
    try:
        return connect(f"unix://{folder}/socket")
    except DockerMissing:
        return None
