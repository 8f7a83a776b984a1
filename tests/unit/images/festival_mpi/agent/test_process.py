"""A program's process: its terminal, its environment and its end."""

from __future__ import annotations

import os
import select
import time

import pytest
from festival_mpi.agent import process
from festival_mpi.agent.process import Process


@pytest.fixture
def run(tmp_path):
    """Return a function that starts a line of shell."""
    started = []

    def run(line: str) -> Process:
        started.append(Process(["sh", "-c", line], str(tmp_path), {"PATH": os.environ["PATH"], "MOOD": "alegre"}))
        return started[-1]

    yield run
    for one in started:
        one.kill()


def output(of: Process) -> bytes:
    """Return all that a program prints."""
    pieces = []
    while piece := of.read():
        pieces.append(piece)
    return b"".join(pieces)


def ends(of: Process, within: float) -> bool:
    """Say whether a program ends within some seconds."""
    return bool(select.select([of.ended], [], [], within)[0])


def test_it_runs_in_its_folder_with_its_environment_and_without_input(run, tmp_path):
    assert output(run("pwd; echo $MOOD $HOME; cat; echo $0 >&2")) == f"{tmp_path}\nalegre\nsh\n".encode()


def test_bytes_come_out_as_they_went_in(run):
    assert output(run("printf 'a\\n\\377\\r\\n\\t\\003'")) == b"a\n\xff\r\n\t\x03"


def test_each_line_comes_when_it_is_written(run):
    began = time.monotonic()
    assert run("python3 -c 'import time; print(1); time.sleep(20)'").read() == b"1\n"
    assert time.monotonic() - began < 10


def test_its_status_and_usage_are_there_when_it_has_ended(run):
    one = run("exit 7")
    assert ends(one, 5) and one.status == 7 and one.usage.ru_maxrss > 100
    one = run("kill -6 $$")
    assert ends(one, 5) and one.status == -6


@pytest.mark.parametrize(("trap", "status"), [("", -15), ("trap '' TERM; ", -9)])
def test_it_is_ended_with_all_that_it_has_started(run, monkeypatch, trap, status):
    monkeypatch.setattr(process, "GRACE", 0.3)
    one = run(f"{trap}sleep 30 & echo on; wait; sleep 30")
    assert one.read() == b"on\n"
    one.end()
    assert ends(one, 5) and one.status == status
    # The other one, too, had the terminal.
    assert select.select([one.output], [], [], 5)[0] and one.read() == b""


def test_it_makes_way_for_what_keeps_the_job_together(run):
    assert int(output(run("nice"))) == min(os.nice(0) + 5, 19)


def test_a_command_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        Process(["./nosuch"], str(tmp_path), {})
