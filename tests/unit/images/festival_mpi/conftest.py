"""Containers of this machine's: each a folder and an address on the loopback."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
import typing as t
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PYTHON = HERE.parents[3] / "roles" / "images" / "files" / "python"
TOKEN = b"a token of this pool"


class Machine(t.NamedTuple):
    """A folder with what stands for the containers."""

    folder: Path

    @property
    def mpirun(self) -> str:
        return str(self.folder / "bin" / "mpirun")

    @property
    def job(self) -> Path:
        """The folder that the job's script lies in."""
        return self.folder / "work"

    def container(self, number: int) -> Path:
        """Make a container's home, and return it."""
        home = self.folder / "containers" / f"127.0.0.{number + 1}"
        home.mkdir(parents=True, exist_ok=True)
        return home

    def events(self) -> list[dict]:
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]

    def told(self, event: str) -> list[dict]:
        return [told for told in self.events() if told["event"] == event]


def command(path: Path, text: str) -> None:
    """Write a command of this machine's."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine with an ssh and an mpirun that know its containers."""
    command(tmp_path / "bin" / "mpirun", f'exec {sys.executable} {HERE}/fake_mpirun.py "$@"')
    command(
        tmp_path / "bin" / "ssh",
        f'cd {tmp_path}/containers/"$1" 2>/dev/null || {{ echo "ssh: connect to host $1: No route to host" >&2; exit 255; }}\n'
        'shift; exec sh -c "$*"',
    )
    (tmp_path / "token").write_bytes(TOKEN + b"\n")
    for name in ("home", "work"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(PYTHON))
    for name, value in {"MACHINE": tmp_path, "SLOTS": 2, "SILENCE": 10}.items():
        monkeypatch.setenv(f"FAKE_{name}", str(value))
    monkeypatch.setattr("festival_mpi.link.TOKEN", tmp_path / "token")
    return Machine(tmp_path)


@pytest.fixture
def listen() -> t.Iterator[t.Callable[..., int]]:
    """Return a function that listens at an address, greets those who connect, and returns its port."""
    with contextlib.ExitStack() as stack:

        def start(address: str, greeting: bytes = b"SSH-2.0-OpenSSH_10.0\r\n", port: int = 0) -> int:
            server = stack.enter_context(socket.create_server((address, port)))
            stack.callback(server.shutdown, socket.SHUT_RDWR)

            def greet() -> None:
                kept = []
                with contextlib.suppress(OSError):
                    while True:
                        kept.append(server.accept()[0])
                        kept[-1].sendall(greeting)

            threading.Thread(target=greet, daemon=True).start()
            return server.getsockname()[1]

        yield start
