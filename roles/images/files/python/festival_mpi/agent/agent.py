"""The agent of one rank: mpirun starts it in the program's place, and it tells the launcher what the program prints and how it ends.

mpirun itself would mix the output of ranks within a line, and does not say when or how each of them ended. An agent whose launcher
is gone or silent ends its program: nothing runs on for a job that is no more.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import threading
import time
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection

from festival_mpi import container, link, wire
from festival_mpi.agent.process import Process

#: Seconds that the last output of a program may take after its end.
LAST_OUTPUT = 0.5

#: What a shell says of a program that is not there.
NOT_FOUND = 127


class Agent:
    """A program's process, and the launcher that hears of it."""

    def __init__(self, connection: Connection, process: Process) -> None:
        self.connection, self.process = connection, process
        self.watch = link.Watch()
        self.stopped = False
        self.beaten = 0.0
        signal.signal(signal.SIGTERM, lambda *_: self.stop())

    def stop(self) -> None:
        """End the program, for another rank's sake."""
        self.stopped = True
        self.process.end()

    def follow(self) -> None:
        """Pass on output and heartbeats until the program has ended; raise OSError where the launcher is gone."""
        with selectors.DefaultSelector() as waiting:
            for source in (self.process.output, self.process.ended, self.connection.fileno()):
                waiting.register(source, selectors.EVENT_READ)
            until = None
            while until is None or time.monotonic() < until:
                ready = {key.fd for key, _ in waiting.select(0.05 if until else link.BEAT / 2)}
                if self.process.output in ready and not self._pass_on():
                    waiting.unregister(self.process.output)
                    until = until and 0
                if self.connection.fileno() in ready:
                    self._hear()
                if self.process.ended in ready:
                    waiting.unregister(self.process.ended)
                    # What it has started may still hold the terminal, and need not be waited for.
                    until = time.monotonic() + LAST_OUTPUT if self.process.output in waiting.get_map() else 0
                self._beat()

    def _pass_on(self) -> bool:
        """Pass on a piece of output; say whether there was one. Private."""
        piece = self.process.read()
        if piece:
            self.connection.send_bytes(wire.OUTPUT + piece)
        return bool(piece)

    def _hear(self) -> None:
        """Take a message of the launcher's: it lives, or wants the program to end. Private."""
        if self.connection.recv_bytes()[:1] == wire.TOLD:
            self.stop()
        self.watch.hear()

    def _beat(self) -> None:
        """Tell the launcher that the agent is alive, each second; raise TimeoutError where the launcher is not. Private."""
        now = time.monotonic()
        if self.watch.silent():
            raise TimeoutError("The launcher is silent.")
        if now - self.beaten >= link.BEAT:
            self.connection.send_bytes(wire.HEARTBEAT)
            self.beaten = now

    def report(self) -> int:
        """Tell how the program ended; return what mpirun is to see."""
        code, usage = self.process.status, self.process.usage
        cpu = round(usage.ru_utime + usage.ru_stime, 3)
        self.connection.send_bytes(wire.told(wire.Ended(code, cpu, usage.ru_maxrss * 1024, self.stopped)))
        self.connection.close()
        return code if code >= 0 else 128 - code


def environment(given: dict[str, str]) -> dict[str, str]:
    """Return the program's environment: the container's, what mpirun has set, and what the job asks for."""
    # It has a terminal for the sake of its lines only: nobody wants colours in a log.
    own = {"FESTIVAL_ADDRESS": container.own_address(), "TERM": "dumb", "NO_COLOR": "1"}
    return {**container.environment(), **os.environ, **own, **given}


def sign_on() -> tuple[Connection, wire.Order]:
    """Return the connection to the launcher, and what it has ordered; raise where it is not there, or not ours."""
    connection = link.dial(os.environ["FESTIVAL_LAUNCHER"])
    hello = wire.Hello(
        rank=int(os.environ["OMPI_COMM_WORLD_RANK"]),
        host=container.setting("FESTIVAL_HOST"),
        container=socket.gethostname(),
        address=container.own_address(),
    )
    connection.send_bytes(wire.told(hello))
    return connection, wire.heard(connection.recv_bytes(), wire.Order)


def main() -> int:
    """Be the agent of the rank that mpirun has numbered; return its program's exit code."""
    # Told to end before there is a program, it still says so: else it would be taken for one that was lost.
    early = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: early.set())
    try:
        connection, order = sign_on()
    except (OSError, EOFError, AuthenticationError, wire.WireError) as error:
        print(f"A rank on {socket.gethostname()} could not sign on with its launcher: {error}", file=sys.stderr)
        return 1
    try:
        process = Process(order.command, order.folder, environment(order.environment))
    except OSError as error:
        connection.send_bytes(wire.OUTPUT + f"{order.command[0]} cannot be started: {error.strerror}\n".encode())
        connection.send_bytes(wire.told(wire.Ended(NOT_FOUND, 0, 0, False)))
        return NOT_FOUND
    agent = Agent(connection, process)
    if early.is_set():
        agent.stop()
    try:
        connection.send_bytes(wire.told(wire.Started(process.pid)))
        agent.follow()
        return agent.report()
    except (OSError, EOFError):
        process.kill()
        return 1
