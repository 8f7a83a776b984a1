"""The agent of a rank, to a launcher that says what a launcher may say, or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import typing as t
from multiprocessing.connection import Connection, Listener
from pathlib import Path

import pytest
from festival_mpi import link, wire

AGENT = [sys.executable, str(Path(__file__).parents[1] / "fake_container.py"), "agent"]


class Agent(t.NamedTuple):
    """An agent, and the connection that it has made."""

    process: subprocess.Popen
    connection: Connection
    hello: wire.Hello

    def messages(self) -> t.Iterator[bytes]:
        """Yield what it says to its end, but its heartbeats."""
        while True:
            try:
                message = self.connection.recv_bytes()
            except EOFError:
                return
            if message != wire.HEARTBEAT:
                yield message

    def said(self) -> tuple[bytes, wire.Ended]:
        """Return the program's output, and how it ended."""
        messages = list(self.messages())
        output = b"".join(message[1:] for message in messages if message[:1] == wire.OUTPUT)
        return output, wire.heard(messages[-1], wire.Ended)


@pytest.fixture
def start(machine):
    """Return a function that has an agent run a line of shell."""
    agents = []
    (machine.container(0) / "job").mkdir()

    def start(line: str, command: t.Sequence[str] = ("sh", "-c"), **environment: str) -> Agent:
        with Listener(("127.0.0.1", 0), authkey=link.token()) as listener:
            launcher = "{}:{}".format(*listener.address)
            own = {"FESTIVAL_LAUNCHER": launcher, "OMPI_COMM_WORLD_RANK": "1", "OF_BOTH": "mpirun"}
            process = subprocess.Popen(AGENT, env={**os.environ, **own})
            agents.append(process)
            connection = listener.accept()
        hello = wire.heard(connection.recv_bytes(), wire.Hello)
        order = wire.Order([*command, line], "/home/festival/job", environment)
        connection.send_bytes(wire.told(order))
        return Agent(process, connection, hello)

    yield start
    for agent in agents:
        agent.kill()
        agent.wait()


def is_gone(pid: int, within: float) -> bool:
    """Say whether a process ends within some seconds."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            if ") Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            # The latter where it ends between open and read.
            return True
        time.sleep(0.05)
    return False


def test_it_says_where_it_is_and_how_its_program_ended(start):
    agent = start("echo hello; exit 3")
    assert agent.hello == wire.Hello(rank=1, host="host0", container="container0", address="127.0.0.1")
    output, end = agent.said()
    assert output == b"hello\n"
    assert end.code == 3 and end.stopped is False and end.memory > 100_000 and end.cpu >= 0
    assert agent.process.wait(5) == 3


def test_a_killed_program_is_to_mpirun_what_it_is_to_a_shell(start):
    agent = start("kill -9 $$")
    assert agent.said()[1].code == -9 and agent.process.wait(5) == 137


def test_the_jobs_environment_goes_before_mpiruns_and_that_before_the_containers(start):
    line = 'echo "$OF_CONTAINER $OF_BOTH $OF_ALL $FESTIVAL_ADDRESS $TERM $NO_COLOR"; pwd'
    own, folder = start(line, OF_ALL="j").said()[0].decode().splitlines()
    assert own == "c mpirun j 127.0.0.1 dumb 1" and folder.endswith("/containers/127.0.0.1/job")
    assert start("echo $OF_BOTH $TERM", OF_BOTH="j", TERM="vt100").said()[0] == b"j vt100\n"


def test_a_program_that_is_not_there(start):
    agent = start("", command=["./nosuch"])
    assert agent.said() == (
        b"./nosuch cannot be started: No such file or directory\n",
        wire.Ended(code=127, cpu=0, memory=0, stopped=False),
    )
    assert agent.process.wait(5) == 127


def test_what_a_program_leaves_behind_is_not_waited_for(start):
    began = time.monotonic()
    output, end = start("sleep 8 & echo hello").said()
    assert output == b"hello\n" and end.code == 0 and time.monotonic() - began < 5


@pytest.mark.parametrize(("trap", "code"), [("", -15), ("trap '' TERM; ", -9)])
@pytest.mark.parametrize("by", ["launcher", "mpirun"])
def test_a_program_that_is_told_to_end(start, trap, code, by):
    agent = start(f"{trap}echo on; sleep 20; sleep 20")
    messages = agent.messages()
    while next(messages) != wire.OUTPUT + b"on\n":
        pass
    if by == "mpirun":
        agent.process.terminate()
    else:
        agent.connection.send_bytes(wire.told(wire.Stop()))
    end = wire.heard(list(messages)[-1], wire.Ended)
    assert end.code == code and end.stopped is True


@pytest.mark.parametrize("launcher", ["gone", "silent"])
def test_without_a_launcher_nothing_runs_on(start, launcher, monkeypatch):
    monkeypatch.setenv("FAKE_SILENCE", "2")
    agent = start("sleep 20")
    pid = wire.heard(next(agent.messages()), wire.Started).pid
    if launcher == "gone":
        agent.connection.close()
    assert is_gone(pid, 6) and agent.process.wait(5) == 1


def test_a_program_dies_with_its_agent(start):
    agent = start("sleep 20")
    pid = wire.heard(next(agent.messages()), wire.Started).pid
    agent.process.kill()
    assert is_gone(pid, 2)


def test_a_launcher_that_is_alive_is_enough(start, monkeypatch):
    monkeypatch.setenv("FAKE_SILENCE", "2")
    agent = start("sleep 3; echo done")
    for _ in range(7):
        agent.connection.send_bytes(wire.HEARTBEAT)
        time.sleep(0.5)
    assert agent.said()[0] == b"done\n"


def test_a_launcher_of_another_pool_gets_nothing(machine):
    with Listener(("127.0.0.1", 0), authkey=b"another") as listener:
        own = {"FESTIVAL_LAUNCHER": "{}:{}".format(*listener.address), "OMPI_COMM_WORLD_RANK": "0"}
        process = subprocess.Popen(AGENT, env={**os.environ, **own}, stderr=subprocess.PIPE)
        with pytest.raises(Exception, match="digest|closed|reset|^$"):
            listener.accept()
        _, said = process.communicate(timeout=10)
    assert process.returncode == 1, said.decode()
