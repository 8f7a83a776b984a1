"""How mpirun is started, and what is understood of its words: those of Open MPI 5.0.7."""

from __future__ import annotations

import queue

import pytest
from festival_mpi.launcher import mpirun
from festival_mpi.launcher.mpirun import Line, Mpirun, Silent, command
from festival_mpi.launcher.settings import Settings

ABORTED = 'prterun has exited due to process rank {} with PID 12187 on node c1 calling\n"abort". This may have caused\n'
IMPROPER = "prterun has exited due to process rank {} with PID 12187 on node c1 exiting\nimproperly. There are\n"


@pytest.fixture
def start(tmp_path):
    """Return a function that starts an mpirun that is a line of shell."""

    def start(line: str) -> Mpirun:
        path = tmp_path / "mpirun"
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        return Mpirun([str(path), "-np", "3"], "10.0.1.2:4711", queue.Queue())

    return start


def heard(of: Mpirun) -> list[bytes]:
    """Return the lines that it prints to its end."""
    lines = []
    while isinstance(said := of._heard.get(timeout=10), Line):
        lines.append(said.text)
    assert said == Silent()
    return lines


def test_its_options_come_before_the_agents_of_the_ranks():
    agent = ["python3", "-I", "-m", "festival_mpi", "agent"]
    assert command(Settings("c"), 3) == ["/usr/bin/mpirun", "-np", "3", *agent]
    asked = Settings("c", map_by="node", options=["--mca", "a", "b c"])
    assert command(asked, 16)[1:-5] == ["-np", "16", "--map-by", "node", "--mca", "a", "b c"]


def test_its_version(machine, monkeypatch):
    monkeypatch.setattr(mpirun, "COMMAND", machine.mpirun)
    assert mpirun.version() == "Open MPI 5.0.7"


def test_it_is_told_where_the_launcher_is(start):
    assert heard(start('echo "$@"')) == [b"-x FESTIVAL_LAUNCHER=10.0.1.2:4711 -np 3\n"]


def test_it_has_no_input_and_its_errors_are_heard(start):
    assert heard(start("cat; echo wrong >&2")) == [b"wrong\n"]


def test_its_zero_bytes_and_its_race_with_ssh_are_not_heard(start):
    lines = (
        "printf 'a\\0\\n'; echo 'plm:ssh: Warning: setpgid(4711,4711) failed in parent with errno=Permission'; echo b"
    )
    assert heard(start(lines)) == [b"a\n", b"b\n"]


@pytest.mark.parametrize(("line", "how"), [("exit 213", "exit code 213"), ("kill -15 $$", "signal 15")])
def test_how_it_ended_is_said_in_its_words(start, line, how):
    ran = start(line)
    assert ran.complaint() == f"mpirun ended with {how}:\nit said nothing." and ran.ended()
    ran.note("There are not enough slots\n")
    assert ran.complaint() == f"mpirun ended with {how}:\nThere are not enough slots"


@pytest.mark.parametrize(
    ("words", "blamed"),
    [
        (ABORTED.format(4), (4, "called MPI_Abort")),
        (IMPROPER.format(0), (0, mpirun.NOT_FINALIZED)),
        ("A process rank 2 is mentioned.\n", None),
        (ABORTED.format("9" * 5000), None),
        ("", None),
    ],
)
def test_the_rank_that_only_it_knows_to_be_wrong(start, words, blamed):
    ran = start("exit 1")
    for line in words.splitlines(keepends=True):
        ran.note(line)
    assert ran.blamed() == blamed


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (b"  Remote daemon: [prterun-c0-48@0,1] on node 10.0.1.3\n", "10.0.1.3"),
        (b"  HNP daemon   : [prterun-c0-48@0,0] on node c0\n", None),
        (b"Remote daemon: x on node \xff\n", "�"),
    ],
)
def test_the_host_that_it_has_lost(line, address):
    assert mpirun.lost_host(line) == address


@pytest.mark.parametrize(("ends", "code"), [("terminate", -15), ("kill", -9)])
def test_it_can_be_ended(start, ends, code):
    ran = start("exec sleep 20")
    assert not ran.ended()
    getattr(ran, ends)()
    assert ran.wait() == code and ran.ended()
