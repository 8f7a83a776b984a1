"""One rank: the program that mpirun wants, its output, and its end, told to the launcher as they happen.

mpirun itself would mix the output of ranks within a line, and does not say when or how each of them ended. A rank whose launcher
is gone or silent ends its program: nothing runs on for a job that is no more.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pty
import selectors
import signal
import socket
import subprocess
import threading
import time
import tty
import typing as t
from multiprocessing.connection import Client, Connection

import pool
import wire

#: Seconds that a program is given to end by itself, and that its last output may take after its end.
GRACE = 2.0
LAST_OUTPUT = 0.5

PIECE = 1 << 16

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG: prctl(2)

#: A rank that waits for a message spins. The agents, sshd and the daemons, which do little, go before it.
_NICE = 5


def _prepare() -> None:
    """Set out a program's process before it becomes the program. Private."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    os.nice(_NICE)


def connect() -> Connection:
    """Return the connection to the launcher, both sides having proved that they are of this pool."""
    host, _, port = os.environ["FESTIVAL_LAUNCHER"].rpartition(":")
    connection = Client((host, int(port)), authkey=wire.token())
    wire.watch_over(connection)
    return connection


def environment(given: dict[str, str]) -> dict[str, str]:
    """Return the program's environment: the container's, what mpirun has set, and what the job asks for."""
    # It has a terminal for the sake of its lines only: nobody wants colours in a log.
    own = {"FESTIVAL_ADDRESS": pool.own_address(), "TERM": "dumb", "NO_COLOR": "1"}
    return {**pool.container_environment(), **os.environ, **own, **given}


class Program:
    """The user's program in a session of its own, on a terminal, so that each line comes when it is written."""

    def __init__(self, command: list[str], folder: str, environment: dict[str, str]) -> None:
        self.output, terminal = pty.openpty()
        # Raw: bytes come out as they went in.
        tty.setraw(terminal)
        try:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
                # There is no other thread yet.
                preexec_fn=_prepare,  # noqa: PLW1509
            )
        finally:
            os.close(terminal)
        self.status: int | None = None
        self.usage: t.Any = None
        self.ended, self._ending = os.pipe()
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        _, status, self.usage = os.wait4(self.process.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        os.close(self._ending)

    def read(self) -> bytes:
        """Return the next piece of output; nothing where no process has the terminal any more."""
        try:
            return os.read(self.output, PIECE)
        except OSError:
            return b""

    def end(self) -> None:
        """End the program and what it has started; first with a word, then without."""
        self._signal(signal.SIGTERM)
        timer = threading.Timer(GRACE, self._signal, [signal.SIGKILL])
        timer.daemon = True
        timer.start()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Rank:
    """A program, and the launcher that hears of it."""

    def __init__(self, connection: Connection, program: Program) -> None:
        self.connection, self.program = connection, program
        self.watch = wire.Watch()
        self.stopped = False
        signal.signal(signal.SIGTERM, lambda *_: self.stop())

    def stop(self) -> None:
        self.stopped = True
        self.program.end()

    def follow(self) -> None:
        """Pass on output and heartbeats until the program has ended; raise OSError where the launcher is gone."""
        with selectors.DefaultSelector() as waiting:
            for source in (self.program.output, self.program.ended, self.connection.fileno()):
                waiting.register(source, selectors.EVENT_READ)
            until, beat = None, 0.0
            while until is None or time.monotonic() < until:
                ready = {key.fd for key, _ in waiting.select(0.05 if until else wire.BEAT / 2)}
                if self.program.output in ready:
                    piece = self.program.read()
                    if piece:
                        self.connection.send_bytes(wire.OUTPUT + piece)
                    else:
                        waiting.unregister(self.program.output)
                        until = until and 0
                if self.connection.fileno() in ready:
                    self._hear()
                if self.program.ended in ready:
                    waiting.unregister(self.program.ended)
                    # What it has started may still hold the terminal, and need not be waited for.
                    until = time.monotonic() + LAST_OUTPUT if self.program.output in waiting.get_map() else 0
                beat = self._beat(beat)

    def _hear(self) -> None:
        if self.connection.recv_bytes()[:1] == wire.TOLD:
            self.stop()
        self.watch.hear()

    def _beat(self, last: float) -> float:
        now = time.monotonic()
        if self.watch.silent():
            raise TimeoutError("The launcher is silent.")
        if now - last < wire.BEAT:
            return last
        self.connection.send_bytes(wire.HEARTBEAT)
        return now

    def report(self) -> int:
        """Tell how the program ended; return what mpirun is to see."""
        code, usage = self.program.status, self.program.usage
        cpu = round(usage.ru_utime + usage.ru_stime, 3)
        self.connection.send_bytes(wire.told(code=code, cpu=cpu, memory=usage.ru_maxrss * 1024, stopped=self.stopped))
        self.connection.close()
        return code if code >= 0 else 128 - code


def main() -> int:
    """Be the rank that mpirun has numbered, as the launcher says."""
    # Told to end before there is a program, it still says so: else it would be taken for one that was lost.
    early = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: early.set())
    try:
        connection = connect()
        connection.send_bytes(
            wire.told(
                rank=int(os.environ["OMPI_COMM_WORLD_RANK"]),
                host=pool.setting("FESTIVAL_HOST"),
                container=socket.gethostname(),
                address=pool.own_address(),
            )
        )
        order = wire.facts_of(connection.recv_bytes())
    except (OSError, EOFError):
        return 1
    try:
        program = Program(order["command"], order["folder"], environment(order["environment"]))
    except OSError as error:
        connection.send_bytes(wire.OUTPUT + f"{order['command'][0]} cannot be started: {error.strerror}\n".encode())
        connection.send_bytes(wire.told(code=127, cpu=0, memory=0, stopped=False))
        return 127
    rank = Rank(connection, program)
    if early.is_set():
        rank.stop()
    try:
        connection.send_bytes(wire.told(pid=program.process.pid))
        rank.follow()
        return rank.report()
    except (OSError, EOFError):
        program.end()
        program.process.send_signal(signal.SIGKILL)
        return 1
