"""What is known of a rank, and what is said of it."""

from __future__ import annotations

import multiprocessing

import pytest
from festival_mpi import wire
from festival_mpi.launcher.rank import CLOSED, SILENT, STOPPED, Rank


@pytest.fixture
def pipe():
    """Return the two ends of a rank's connection: the launcher's, and the agent's."""
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def rank(pipe):
    """Return the rank 3, on mana."""
    return Rank(pipe[0], wire.Hello(3, "mana", "c9", "10.0.1.2"))


def test_a_rank_is_told_things_until_it_is_gone(rank, pipe):
    rank.tell(b"a")
    assert pipe[1].recv_bytes() == b"a"
    rank.gone = True
    rank.tell(b"b")
    assert not pipe[1].poll(0.1)
    rank.gone = False
    pipe[1].close()
    rank.tell(b"c")  # it is not known yet that nobody reads this


def test_who_is_hung_up_on_notices(rank, pipe):
    rank.hang_up()
    assert pipe[1].poll(5)
    with pytest.raises(EOFError):
        pipe[1].recv_bytes()
    rank.tell(b"too late")


def test_lines_are_whole(rank):
    assert rank.lines(b"a\nb") == [b"a\n"]
    assert rank.lines(b"") == []
    assert rank.lines(b"c\n\nd") == [b"bc\n", b"\n"]
    assert (rank.rest(), rank.rest()) == ([b"d\n"], [])


def test_the_last_ten_lines_that_say_something_are_in_the_complaint(rank):
    rank.end(wire.Ended(1, 0, 0, False))
    rank.lines(b"".join(b"%d\n \n" % number for number in range(20)) + b"\xff end")
    assert rank.complaint().splitlines()[1:] == [*map(str, range(10, 20)), "� end"]


@pytest.mark.parametrize(
    ("end", "cause", "killed", "how"),
    [
        (wire.Ended(3, 0, 0, False), "exit code 3", False, "ended with exit code 3"),
        (wire.Ended(-11, 0, 0, False), "signal 11", False, "was ended by signal 11 (Segmentation fault)"),
        (wire.Ended(-9, 0, 0, False), "signal 9", True, "was ended by signal 9 (Killed)"),
        (wire.Ended(-15, 0, 0, True), STOPPED, True, "was ended by signal 15 (Terminated)"),
    ],
)
def test_how_a_program_ended(rank, end, cause, killed, how):
    rank.end(end)
    assert (rank.cause, rank.killed(), rank.ended_well()) == (cause, killed, False)
    assert rank.complaint() == f"rank 3 on mana (container c9) {how}. It printed nothing."


@pytest.mark.parametrize(
    ("cause", "how"),
    [(CLOSED, "was lost with its container"), (SILENT, "was lost: its container does not answer any more")],
)
def test_how_a_rank_was_lost(rank, cause, how):
    rank.cause = cause
    assert rank.killed() and rank.usage() == {}
    assert rank.complaint() == f"rank 3 on mana (container c9) {how}. It printed nothing."
    assert "rank 3 on mana (container c9) called MPI_Abort." in rank.complaint("called MPI_Abort")


def test_a_container_whose_host_is_not_known_is_named_alone(pipe):
    rank = Rank(pipe[0], wire.Hello(0, "", "c9", "10.0.1.2"))
    assert rank.complaint("ended").startswith("rank 0 on container c9 ended.")


def test_what_it_did(rank):
    rank.start()
    rank.end(wire.Ended(0, 1.5, 1000, False))
    work = rank.work()
    assert rank.ended_well() and work.pop("start")[0] <= work.pop("end")[0]
    assert work == {"first": [4], "count": [1], "worker": ["rank 3"], "attempt": [1], "cpu": [1.5], "memory": [1000]}
