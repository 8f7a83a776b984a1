"""The process of a program: in a session of its own, on a terminal, so that each line comes when it is written."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import tty
import typing as t

#: Seconds that a program is given to end by itself.
GRACE = 2.0

#: The longest piece of output that is read at once.
PIECE = 1 << 16

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG: prctl(2)

#: A rank that waits for a message spins. The agents, sshd and the daemons, which do little, go before it.
_NICE = 5


def _prepare() -> None:
    """Set out a process before it becomes the program. Private."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    os.nice(_NICE)


class Process:
    """A program that runs, and how it has ended: ``status`` and ``usage`` are there once ``ended`` can be read."""

    def __init__(self, command: list[str], folder: str, environment: dict[str, str]) -> None:
        self.output, terminal = os.openpty()
        # Raw: bytes come out as they went in.
        tty.setraw(terminal)
        try:
            self.popen = subprocess.Popen(
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
        self.pid = self.popen.pid
        self.status: int | None = None
        self.usage: t.Any = None
        self.ended, self._ending = os.pipe()
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        _, status, self.usage = os.wait4(self.pid, 0)
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
        timer = threading.Timer(GRACE, self.kill)
        timer.daemon = True
        timer.start()

    def kill(self) -> None:
        """End the program and what it has started, at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)
