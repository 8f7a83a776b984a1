"""Where real hosts come from, and go to.

The order of the files is the order of a cluster's life: bare hosts, a cluster, its end; then one host alone. A fixture
brings the hosts where a test needs them, so that every file runs by itself, too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import typing as t
from pathlib import Path

import pytest
from real_hosts import Lab, run


def pytest_configure() -> None:
    """Tidy up also when the run is told to end, by a timeout for instance."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def connections() -> t.Iterator[None]:
    """Close the ssh connections that Ansible keeps open, for they outlive the hosts."""
    with tempfile.TemporaryDirectory(prefix="festival-ssh-") as folder:
        os.environ["ANSIBLE_SSH_CONTROL_PATH_DIR"] = folder
        yield
        for socket in Path(folder).iterdir():
            run("ssh", "-O", "exit", "-o", f"ControlPath={socket}", "lab", fails=None)


@pytest.fixture(scope="session")
def kept_image(connections: None) -> t.Iterator[None]:
    """Remove the image that the scenarios' hosts share when all of them are done.

    Hosts of a run that was cut off, by a power failure for instance, can only be found where the engine runs.
    """
    if shutil.which("dockerd"):
        run(
            "ansible",
            "localhost",
            "-m",
            "alparque.festival.local_engine",
            "-e",
            f"ansible_python_interpreter={sys.executable}",
        )
    yield
    if not os.environ.get("FESTIVAL_KEEP_LAB"):
        Lab("default").molecule("destroy", keep_image=False)


@contextlib.contextmanager
def raised(scenario: str) -> t.Iterator[Lab]:
    """Raise the hosts of a scenario anew, whatever an earlier run left behind, and remove them in the end.

    With FESTIVAL_KEEP_LAB set they are left standing, and found again by the next run: for work on the tests.
    """
    lab, keep = Lab(scenario), os.environ.get("FESTIVAL_KEEP_LAB")
    if not keep:
        lab.molecule("destroy")
    try:
        lab.molecule("create")
        yield lab
    finally:
        if not keep:
            lab.molecule("destroy")


@pytest.fixture(scope="session")
def bare_lab(kept_image: None) -> t.Iterator[Lab]:
    """Return three hosts without an engine; a test that came before may have given them one."""
    with raised("default") as lab:
        yield lab


@pytest.fixture(scope="session")
def cluster(bare_lab: Lab) -> Lab:
    """Return the three hosts with the reference's result on them."""
    bare_lab.molecule("converge")
    return bare_lab


@pytest.fixture(scope="session")
def one_host(kept_image: None) -> t.Iterator[Lab]:
    """Return the one host of the docker backend, with the reference's result on it."""
    with raised("docker_backend") as lab:
        lab.molecule("converge")
        yield lab
