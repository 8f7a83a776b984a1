"""Daemons of a run that has ended: what a container's shell does to them."""

from __future__ import annotations

import signal
import socket
import subprocess

import pytest
from festival_mpi.launcher import daemons

#: No process has this number.
MPIRUN = 2**22 + 1


@pytest.fixture
def daemon():
    """Return a function that starts what stands for a daemon of a run; it lasts longer than the test."""
    started = []

    def start(run: str, seconds: float = 60) -> subprocess.Popen:
        word = f"prterun-{socket.gethostname().partition('.')[0]}-{run}@0"
        # The shell stays, for there is something to be done after the sleep.
        started.append(subprocess.Popen(["sh", "-c", f"sleep {seconds}; :", "prted", "--prtemca", word]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def end(mpirun: int) -> None:
    subprocess.run(["sh", "-c", f"{daemons.end(mpirun)}\ntrue"], check=True)


def test_one_that_stays_is_ended_and_no_other(daemon, monkeypatch):
    monkeypatch.setattr(daemons, "GRACE", 2)
    ours, others = daemon(str(MPIRUN)), [daemon(str(MPIRUN + 1)), daemon(f"1{MPIRUN}")]
    end(MPIRUN)
    assert ours.wait(5) == -signal.SIGKILL
    assert [other.poll() for other in others] == [None, None]


def test_one_that_is_about_to_end_may(daemon):
    ours = daemon(str(MPIRUN), seconds=0.5)
    end(MPIRUN)
    assert ours.wait(5) == 0
