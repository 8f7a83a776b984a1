"""Where real hosts come from, and go to.

A fixture brings the hosts where a test needs them, so that every file runs by itself, too; `order` says who is first.
With `pytest -n 2` the three hosts have a process of their own.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import typing as t
from pathlib import Path

import cran
import order
import pytest
from real_hosts import CHECKOUT, Lab, run
from small_lab import SmallLab

SCENARIOS = ("default", "docker_backend")
#: For work on the tests: hosts are left standing, and found again by the next run.
KEPT = bool(os.environ.get("FESTIVAL_KEEP_LAB"))
#: Locked by who raises hosts; it is there when some have been raised.
RAISING = CHECKOUT / ".cache" / "raising"
#: What is to be said of tests without a place, by their ids.
MISPLACED: dict[str, str] = {}


def pytest_configure() -> None:
    """Tidy up also when the run is told to end, by a timeout for instance."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests, before pytest-xdist reads their groups."""
    MISPLACED.update(order.arrange(items))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let no misplaced test near hosts that others use."""
    # pytest-xdist writes the group behind the id.
    wrong = MISPLACED.get(item.nodeid.rpartition("@")[0]) or MISPLACED.get(item.nodeid)
    if wrong:
        pytest.fail(wrong, pytrace=False)


def pytest_collection_finish(session: pytest.Session) -> None:
    """See that pytest-xdist has read them: there must not be two clusters at once."""
    for item in session.items if hasattr(session.config, "workerinput") else []:
        assert item.nodeid.endswith(f"@{item.get_closest_marker('xdist_group').args[0]}"), "use --dist loadgroup"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what still stands, in the process that outlives the others: the hosts' image, and hosts of a run that was cut off."""
    if hasattr(session.config, "workerinput") or KEPT or not RAISING.exists():
        return
    try:
        with contextlib.redirect_stdout(None):
            tidy_up()
    except AssertionError as error:
        # The summary is to come all the same.
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nNot all of the labs could be removed: {error}")


def tidy_up() -> None:
    """Remove all hosts that stand, and their image."""
    if run("docker", "ps", "-aq", "--filter", "name=alparque-molecule", fails=None).output:
        with tempfile.TemporaryDirectory() as folder:
            SmallLab(Path(folder) / "small").lab(lab_state="absent")
        for scenario in SCENARIOS:
            Lab(scenario).molecule("destroy")
    Lab(SCENARIOS[0]).molecule("destroy", keep_image=False)
    RAISING.unlink()


@contextlib.contextmanager
def one_at_a_time() -> t.Iterator[None]:
    """Keep other processes of the run from doing the same.

    What labs share is made once, the last that goes stops the engine, and the longest tests do not wait for two deployments.
    """
    RAISING.parent.mkdir(exist_ok=True)
    with RAISING.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def connections() -> t.Iterator[None]:
    """Close the ssh connections that Ansible keeps open, for they outlive the hosts."""
    with tempfile.TemporaryDirectory(prefix="festival-ssh-") as folder:
        os.environ["ANSIBLE_SSH_CONTROL_PATH_DIR"] = folder
        yield
        for socket in Path(folder).iterdir():
            run("ssh", "-O", "exit", "-o", f"ControlPath={socket}", "lab", fails=None)


@pytest.fixture(scope="session")
def engine(connections: None) -> None:
    """Start this machine's engine: hosts of a run that a power failure cut off can only be found where it runs."""
    if shutil.which("dockerd"):
        start = ["-m", "alparque.festival.local_engine", "-e", f"ansible_python_interpreter={sys.executable}"]
        with one_at_a_time():
            run("ansible", "localhost", *start)


@contextlib.contextmanager
def raised(scenario: str) -> t.Iterator[Lab]:
    """Raise the hosts of a scenario anew, whatever an earlier run left behind, and remove them in the end.

    With FESTIVAL_KEEP_LAB set they are left standing, and found again by the next run: for work on the tests.
    """
    lab = Lab(scenario)
    try:
        with one_at_a_time():
            if not KEPT:
                lab.molecule("destroy")
            lab.molecule("create")
        yield lab
    finally:
        if not KEPT:
            with one_at_a_time():
                lab.molecule("destroy")


def lower_images(source: str, target: Lab) -> None:
    """Give a bare host the images of the system, R and Open MPI from another, where they have been built: it would build the same."""
    names = "docker images --format '{{.Repository}}:{{.Tag}}' | grep -E '^(debian|festival/(system|mpi)):'"
    listed = run("docker", "exec", source, "sh", "-c", names, fails=None)
    if listed.code == 0:
        target.play("provision")
        images = " ".join(listed.output.split())
        load = f"docker exec -i {target.container(target.manager)} docker load"
        run("sh", "-c", f"docker exec {source} docker save {images} | {load}")


@pytest.fixture(scope="session")
def bare_lab(engine: None) -> t.Iterator[Lab]:
    """Return three hosts without an engine; a test that came before may have given them one."""
    with raised("default") as lab:
        yield lab


@pytest.fixture(scope="session")
def cluster(bare_lab: Lab) -> Lab:
    """Return the three hosts with the reference's result on them."""
    with one_at_a_time():
        bare_lab.molecule("converge")
    return bare_lab


@pytest.fixture(scope="session")
def one_host(engine: None, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Lab]:
    """Return the one host of the docker backend, with a package of the user's in its images and the reference's result on it."""
    with raised("docker_backend") as lab:
        lab.step_back()
        cran.serve(lab, tmp_path_factory.mktemp("cran"))
        with one_at_a_time():
            lower_images(Lab(SCENARIOS[0]).container("aterciopelados"), lab)
            lab.molecule("converge")
        yield lab


@pytest.fixture(scope="session")
def small(engine: None, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[SmallLab]:
    """Return the hosts of a small lab, and see that nothing is left of it."""
    lab = SmallLab(tmp_path_factory.mktemp("small"))
    try:
        with one_at_a_time():
            lab.lab()
        yield lab
    finally:
        with one_at_a_time():
            lab.lab(lab_state="absent")
    assert not lab.inventory.parent.exists(), "inventory and keys are removed, and their folder"
    assert lab.left() == ""
