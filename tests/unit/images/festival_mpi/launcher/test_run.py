"""A run of ranks: real agents and programs, under an mpirun that starts and ends them as Open MPI's does."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import sys
import time
import typing as t
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client

import pytest
from festival_mpi import link, wire
from festival_mpi.launcher import log
from festival_mpi.launcher import run as runs
from festival_mpi.launcher.events import Events
from festival_mpi.launcher.mpirun import NOT_FINALIZED

#: Where a rank is that has died, the others still work.
WORK = "sleep 20"

#: A rank's agent falls silent: stopped, it has to be ended by the test.
FALL_SILENT = "echo $PPID >> {}/stopped; kill -STOP $PPID"


class Ran(t.NamedTuple):
    """How a run ended, and what came out."""

    outcome: runs.Outcome
    output: bytes


@pytest.fixture
def begin(machine, monkeypatch):
    """Return a function that begins to run a line of shell in each rank, $R being its number, with two ranks to a container."""
    monkeypatch.setattr("festival_mpi.container.own_address", lambda: "127.0.0.1")
    monkeypatch.setattr(runs, "LINGER", 1)

    def begin(line: str, ranks: int = 3, **fake: t.Any) -> runs.Run:
        for name, value in fake.items():
            monkeypatch.setenv(f"FAKE_{name.upper()}", str(value))
        for number in range((ranks + 1) // 2):
            (machine.container(number) / "job").mkdir()
        # Ranks wait for each other, as they do in MPI_Init.
        up = machine.folder / "up"
        up.mkdir()
        there = ranks - len(str(fake.get("missing", "")).split())
        init = f"R=$OMPI_COMM_WORLD_RANK; : > {up}/$R; while [ $(ls {up} | wc -l) -lt {there} ]; do sleep 0.05; done"
        program = ["sh", "-c", f"{init}; {line}"]
        order = wire.Order(program, str(machine.folder / "home" / "job"), {})
        events = Events(str(machine.folder / "events.jsonl"))
        return runs.Run([machine.mpirun, "-np", str(ranks)], ranks, order, events, 1)

    yield begin
    stopped = machine.folder / "stopped"
    for pid in stopped.read_text().split() if stopped.exists() else []:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


@pytest.fixture
def follow(begin, capfdbinary):
    """Return a function that follows such a run to its end."""
    return lambda line, ranks=3, **fake: Ran(begin(line, ranks, **fake).follow(), capfdbinary.readouterr().out)


def called(run: runs.Run) -> tuple[str, int]:
    """Return where a run is called by its agents."""
    host, _, port = run.listener.address.rpartition(":")
    return host, int(port)


def causes(machine) -> dict[str, str]:
    """Return how ranks ended that did not end well; of each it has to be told once."""
    lost = machine.told("lost")
    assert len({event["worker"] for event in lost}) == len(lost)
    return {event["worker"]: event["cause"] for event in lost}


def test_ranks_that_end_well(machine, follow):
    ran = follow('echo "here is $R"', ranks=4)
    assert ran.outcome == runs.Outcome(ok=True)
    assert sorted(ran.output.splitlines()) == [b"here is %d" % number for number in range(4)]
    joined = sorted(machine.told("join"), key=lambda event: event["worker"])
    assert [(event["worker"], event["host"], event["container"]) for event in joined] == [
        (f"rank {number}", f"host{number // 2}", f"container{number // 2}") for number in range(4)
    ]
    work = sorted(machine.told("tasks"), key=lambda event: event["first"])
    assert [event["first"] for event in work] == [[1], [2], [3], [4]]
    for event in work:
        assert event["call"] == 1 and event["count"] == event["attempt"] == [1]
        assert event["start"][0] <= event["end"][0] <= event["time"] + 0.01
        assert 0 <= event["cpu"][0] < 5 and event["memory"][0] > 100_000
    assert len(machine.events()) == 8


def test_time_and_cpu_time_are_the_programs(machine, follow):
    spin = "import time; [None for _ in iter(lambda: time.process_time() < 0.5, False)]"
    follow(f"{sys.executable} -c '{spin}'; sleep 1", ranks=1)
    (event,) = machine.told("tasks")
    assert event["end"][0] - event["start"][0] >= 1.5 > event["cpu"][0] >= 0.5


def test_a_rank_that_ends_with_an_error(machine, follow):
    ran = follow(f"[ $R = 2 ] || exec {WORK}; echo first; echo; printf 'no guitar'; exit 5")
    assert ran.outcome == runs.Outcome(
        ok=False,
        message="rank 2 on host1 (container container1) ended with exit code 5. It printed last:\nfirst\nno guitar",
        again=False,
        code=5,
    )
    assert causes(machine) == {"rank 2": "exit code 5", "rank 0": "stopped", "rank 1": "stopped"}
    assert machine.told("lost")[0]["worker"] == "rank 2" and machine.told("tasks") == []
    assert all(event["tasks"] == 1 and event["memory"] > 0 for event in machine.told("lost"))


@pytest.mark.parametrize(
    ("dies", "cause", "how", "code"),
    [
        ("kill -9 $$", "signal 9", "was ended by signal 9 (Killed)", 137),
        ("kill -15 $$", "signal 15", "was ended by signal 15 (Terminated)", 143),
        ("kill -9 $PPID; sleep 5", "closed", "was lost with its container", 137),
    ],
)
def test_a_rank_that_is_killed(machine, follow, dies, cause, how, code):
    ran = follow(f"[ $R = 1 ] || exec {WORK}; {dies}")
    message = f"rank 1 on host0 (container container0) {how}. It printed nothing."
    assert ran.outcome == runs.Outcome(ok=False, message=message, again=True, code=code)
    assert causes(machine) == {"rank 1": cause, "rank 0": "stopped", "rank 2": "stopped"}


def test_a_program_that_breaks_is_to_blame_itself(follow):
    outcome = follow(f"[ $R = 1 ] || exec {WORK}; kill -11 $$").outcome
    assert "was ended by signal 11 (Segmentation fault)" in outcome.message and not outcome.again


def test_a_rank_that_is_silent(machine, follow, monkeypatch):
    monkeypatch.setattr(link, "SILENCE", 2)
    started = time.monotonic()
    outcome = follow(f"[ $R = 0 ] && {{ {FALL_SILENT.format(machine.folder)}; }}; {WORK}", silence=2).outcome
    assert outcome.message.startswith(
        "rank 0 on host0 (container container0) was lost: its container does not answer any more."
    )
    assert outcome.again and 2 < time.monotonic() - started < 15
    assert causes(machine) == {"rank 0": "silent", "rank 1": "stopped", "rank 2": "stopped"}


def test_a_launcher_that_waits_for_its_log_misses_nobody(follow, monkeypatch):
    written = log.write
    monkeypatch.setattr(link, "SILENCE", 2)
    monkeypatch.setattr(log, "write", lambda *lines: (time.sleep(1.5), written(*lines)))
    ran = follow("echo 1; sleep 1; echo 2; sleep 5", ranks=2, silence=2)
    assert ran.outcome == runs.Outcome(ok=True)
    assert sorted(ran.output.splitlines()) == [b"1", b"1", b"2", b"2"]


def test_the_ranks_of_a_host_that_only_mpirun_misses(machine, follow):
    """It ends the others first, and says why when they have ended."""
    line = f"[ $R -gt 1 ] || exec {WORK}; {FALL_SILENT.format(machine.folder)}; : > {machine.folder}/lost; {WORK}"
    outcome = follow(line, ranks=4, loses="127.0.0.2 2 3").outcome
    assert outcome.again and outcome.message.startswith(("rank 2 on host1", "rank 3 on host1"))
    assert "was lost: its container does not answer any more." in outcome.message
    assert causes(machine) == {
        **dict.fromkeys(("rank 0", "rank 1"), "stopped"),
        **dict.fromkeys(("rank 2", "rank 3"), "silent"),
    }


def test_who_breaks_in_the_wake_of_a_killed_rank_is_not_blamed(machine, follow):
    """Its neighbours notice by their connections, and may be heard of before."""
    outcome = follow("[ $R = 2 ] && { sleep 0.3; kill -9 $$; }; echo 'broken pipe'; exit 1", delay=0.5).outcome
    assert outcome.message.startswith("rank 2 on host1 (container container1) was ended by signal 9") and outcome.again
    assert causes(machine) == {"rank 0": "stopped", "rank 1": "stopped", "rank 2": "signal 9"}


@pytest.mark.parametrize(
    ("did", "told"),
    [('calling\n"abort"', "called MPI_Abort"), ("exiting\nimproperly", NOT_FINALIZED)],
)
def test_a_rank_that_only_mpirun_knows_to_be_wrong(machine, follow, did, told):
    ran = follow(f"echo $R; [ $R = 1 ] || exec {WORK}", blames=f"1 {did}")
    message = f"rank 1 on host0 (container container0) {told}. It printed last:\n1"
    assert ran.outcome == runs.Outcome(ok=False, message=message, again=False, code=1)
    assert causes(machine) == {"rank 0": "stopped", "rank 2": "stopped"}
    assert b"prterun has exited due to process rank 1" in ran.output and b"\0" not in ran.output
    assert b"setpgid" not in ran.output


@pytest.mark.parametrize(
    ("line", "how", "code", "lost"),
    [(WORK, "exit code 143", 143, {"rank 0": "stopped", "rank 1": "stopped"}), ("true", "signal 15", 1, {})],
)
def test_a_rank_that_never_comes(machine, follow, monkeypatch, line, how, code, lost):
    monkeypatch.setattr(runs, "START", 6)
    message = f"mpirun ended with {how}:\nAfter 6 s there is no rank 2."
    assert follow(line, missing="2").outcome == runs.Outcome(False, message, again=False, code=code)
    assert causes(machine) == lost


def test_an_mpirun_that_starts_nobody_is_told_in_its_words(begin, machine):
    run = begin("true", ranks=1)
    run.mpirun.kill()
    (machine.folder / "bin" / "mpirun").write_text("#!/bin/sh\necho 'There are not enough slots'; exit 213\n")
    run.close()
    again = runs.Run(run.mpirun.command[:1], 1, run.order, run.events, 1)
    assert again.follow() == runs.Outcome(
        False, "mpirun ended with exit code 213:\nThere are not enough slots", code=213
    )


def test_lines_of_several_ranks_are_not_mixed(follow):
    turns = (
        "[ $R = 0 ] && { printf a; sleep 0.6; printf 'b\\n'; } || { sleep 0.3; printf 'c\\n'; sleep 0.6; printf d; }"
    )
    assert follow(turns, ranks=2).output == b"c\nab\nd\n"


def test_output_comes_as_it_was_written(follow):
    """A line that is longer than any buffer, bytes of no text, ends of lines of other systems, and no colours."""
    line = "head -c 300000 /dev/zero | tr '\\0' x; printf '\\n\\377\\r\\n\\n'; echo $TERM >&2; "
    assert follow(line, ranks=1).output == b"x" * 300_000 + b"\n\xff\r\n\ndumb\n"


def test_strangers_do_not_disturb(begin, capfd):
    run = begin("sleep 1; echo $R", ranks=2)
    address = called(run)
    with pytest.raises(AuthenticationError):
        Client(address, authkey=b"guessed")
    with socket.create_connection(address) as rude, socket.create_connection(address):
        rude.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert run.follow().ok
    assert sorted(capfd.readouterr().out.split()) == ["0", "1"]


def test_a_rank_that_is_gone_before_it_hears_what_to_do(begin, machine):
    run = begin("exit 0", ranks=2, missing="1")
    rank = Client(called(run), authkey=link.token())
    rank.send_bytes(wire.told(wire.Hello(1, "mana", "c", "127.0.0.9")))
    # What comes back after this would else be taken in, and lost.
    time.sleep(0.3)
    with socket.socket(fileno=rank.fileno()) as reset:
        reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        reset.detach()
    rank.close()
    time.sleep(0.3)
    outcome = run.follow()
    assert outcome.message == "rank 1 on mana (container c) was lost with its container. It printed nothing."
    assert outcome.again and causes(machine)["rank 1"] == "closed"
    assert run.containers()["127.0.0.9"] == "mana-c"


def test_a_rank_whose_end_nobody_tells(begin, machine, monkeypatch):
    """Its host is gone together with mpirun, which does not wait for it: each rank that came has an end."""
    run = begin("true", ranks=1, missing="0")
    with Client(called(run), authkey=link.token()) as rank:
        rank.send_bytes(wire.told(wire.Hello(0, "mana", "c", "127.0.0.9")))
        time.sleep(0.3)
        run.mpirun.terminate()
        outcome = run.follow()
    assert outcome.again and outcome.message.startswith("rank 0 on mana (container c) was lost")
    assert causes(machine) == {"rank 0": "silent"}


def test_containers_are_those_of_the_lowest_ranks_first(begin, machine):
    run = begin("true", ranks=4)
    assert run.follow().ok
    assert list(run.containers().items()) == [("127.0.0.1", "host0-container0"), ("127.0.0.2", "host1-container1")]
