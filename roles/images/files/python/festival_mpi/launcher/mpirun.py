"""The process of mpirun: how it is started, and what its words mean."""

from __future__ import annotations

import queue
import re
import subprocess
import threading
import typing as t

from festival_mpi.launcher.settings import Settings

#: Open MPI's own, which writes no hostfile.
COMMAND = "/usr/bin/mpirun"

#: What it starts in the place of each rank. Isolated, for it starts in a folder with the user's files.
AGENT = ["python3", "-I", "-m", "festival_mpi", "agent"]

#: How it names a rank of which only it knows that it ended wrongly.
_ABORTED = re.compile(r'process rank (\d{1,9}) .*?(calling\s+"abort"|exiting\s+improperly)', re.DOTALL)

NOT_FINALIZED = "ended without MPI_Finalize (in R, let the script end with Rmpi's mpi.quit())"

#: What it says where the daemon on a host, known by its address, no longer answers.
_LOST_HOST = re.compile(rb"Remote daemon: .* on node (\S+)")

#: A race between ssh and itself, both of which do the same.
_HARMLESS = re.compile(rb"plm:ssh: Warning: setpgid\(.*failed in parent")


class Line(t.NamedTuple):
    """It has printed a line."""

    text: bytes


class Silent(t.NamedTuple):
    """It has ended, and so have all who could print in its place."""


def command(settings: Settings, ranks: int) -> list[str]:
    """Return the command that starts all ranks. What holds for every job is in the images' parameter files."""
    mapping = ["--map-by", settings.map_by] if settings.map_by else []
    return [COMMAND, "-np", str(ranks), *mapping, *settings.options, *AGENT]


def version() -> str:
    """Return its version, such as Open MPI 5.0.7."""
    said = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True).stdout
    return f"Open MPI {said.splitlines()[0].split()[-1]}"


def lost_host(line: bytes) -> str | None:
    """Return the address of the host that a line says is lost."""
    found = _LOST_HOST.search(line)
    return found[1].decode(errors="replace") if found else None


class Mpirun:
    """One mpirun that was started. What it prints comes into a queue, line by line."""

    def __init__(self, command: list[str], launcher: str, heard: queue.Queue) -> None:
        self.command = command
        self.words: list[str] = []
        self._heard = heard
        self._process = subprocess.Popen(
            [*command[:1], "-x", f"FESTIVAL_LAUNCHER={launcher}", *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.pid = self._process.pid
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout:
            # It ends some of its words with a zero byte.
            if not _HARMLESS.search(line):
                self._heard.put(Line(line.replace(b"\0", b"")))
        self._heard.put(Silent())

    def note(self, words: str) -> None:
        """Keep words of its, or of ours about it, for the time when one asks why it ended."""
        self.words.append(words)

    def blamed(self) -> tuple[int, str] | None:
        """Return the rank that it says was wrong, and what that did."""
        named = _ABORTED.search("".join(self.words))
        return (int(named[1]), "called MPI_Abort" if "abort" in named[2] else NOT_FINALIZED) if named else None

    def ended(self) -> bool:
        """Say whether it has ended."""
        return self._process.poll() is not None

    def wait(self) -> int:
        """Wait for its end; return its exit code, or minus the signal that ended it."""
        return self._process.wait()

    def complaint(self) -> str:
        """Say how it ended, in its own words."""
        code = self.wait()
        how = f"exit code {code}" if code >= 0 else f"signal {-code}"
        return f"mpirun ended with {how}:\n{''.join(self.words).strip() or 'it said nothing.'}"

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it."""
        self._process.kill()
