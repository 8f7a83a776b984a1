"""The commands, and how they are started."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from festival_mpi import __main__ as commands
from festival_mpi import network, pool
from festival_mpi.agent import agent
from festival_mpi.launcher import job, mpirun

FILES = Path(__file__).parents[4] / "roles" / "images"


@pytest.fixture
def done(monkeypatch):
    """Return what the commands do, which is only written down."""
    done = []
    monkeypatch.setattr(job, "main", lambda script, arguments: done.append(["launch", script, arguments]) or 3)
    monkeypatch.setattr(agent, "main", lambda: done.append("agent") or 4)
    monkeypatch.setattr(network, "pin", lambda: done.append("pin"))
    monkeypatch.setattr(pool, "refresh_hostfile", lambda: done.append("hostfile") or 5)
    return done


@pytest.mark.parametrize(
    ("words", "does", "code"),
    [
        ("launch ring.c 3 --fast", [["launch", "ring.c", ["3", "--fast"]]], 3),
        ("agent", ["agent"], 4),
        ("hostfile", ["pin", "hostfile"], 5),
        ("pin", ["pin"], 0),
    ],
)
def test_each_command_does_its_work(done, words, does, code):
    assert commands.main(words.split()) == code and done == does


@pytest.mark.parametrize("words", ["", "launch", "rank", "agent 3", "pin me"])
def test_another_command_is_told_which_there_are(done, capsys, words):
    assert commands.main(words.split()) == 2 and done == []
    assert "launch SCRIPT ARGUMENT..." in capsys.readouterr().err


def test_an_agent_loads_nothing_of_the_launcher():
    """There may be hundreds to a host."""
    loads = (
        "import sys, festival_mpi.agent.agent; print(*sorted(name for name in sys.modules if 'festival_mpi' in name))"
    )
    path = {"PYTHONPATH": str(FILES / "files" / "python")}
    done = subprocess.run(
        [sys.executable, "-c", loads], check=True, env={**os.environ, **path}, capture_output=True, text=True
    )
    assert done.stdout.split() == [
        "festival_mpi",
        *(f"festival_mpi.{name}" for name in ("agent", "agent.agent", "agent.process", "container", "link", "wire")),
    ]


def test_no_start_looks_into_the_folder_that_it_is_in():
    """That is the job's, where a signal.py may be."""
    starts = [
        line
        for path in FILES.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
        for line in path.read_text().splitlines()
        if re.search(r"-m festival_mpi\b", line)
    ]
    assert len(starts) >= 3 and all("python3 -I -m festival_mpi" in line for line in starts)
    assert mpirun.AGENT == ["python3", "-I", "-m", "festival_mpi", "agent"]
