"""Where an engine keeps what is its own, and what engines that are no more left in the way there."""

from __future__ import annotations

import socket
import typing as t
from pathlib import Path

#: Where Debian's own containerd listens; dockerd uses it if the socket is there, alive or not.
SYSTEM_CONTAINERD = Path("/run/containerd/containerd.sock")


class Paths(t.NamedTuple):
    """Where an engine keeps what is its own."""

    socket: Path
    pidfile: Path
    runtime: Path
    data: Path
    log: Path
    record: Path


def paths(directory: str | None) -> Paths:
    """Return the paths of this machine's engine, or of one that keeps everything in a directory."""
    if directory:
        of = Path(directory)
        names = ("docker.sock", "docker.pid", "run", "data", "dockerd.log", "festival-engine.json")
        return Paths(*(of / name for name in names))
    names = ("/run/docker.sock", "/run/docker.pid", "/run/docker", "/var/lib/docker")
    return Paths(*map(Path, names), Path("/var/log/festival-dockerd.log"), Path("/run/festival-engine.json"))


def dockerd_command(where: Paths, directory: str | None, arguments: list[str]) -> list[str]:
    """Return the command line; the system's own places need not be said."""
    if not directory:
        return ["dockerd", *arguments]
    own = {
        "host": f"unix://{where.socket}",
        "pidfile": where.pidfile,
        "exec-root": where.runtime,
        "data-root": where.data,
    }
    return ["dockerd", *(f"--{option}={value}" for option, value in own.items()), *arguments]


def process_stat(pid: int) -> tuple[str, str] | None:
    """Return a process's command name and its start in the kernel's ticks, or None where none runs.

    Number and start together name a process for good; a number alone is given out again.
    """
    try:
        # The name is in brackets and may hold anything; state is the first field after it, start the 20th.
        name, _, fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").partition("(")[2].rpartition(")")
    except OSError:
        return None
    state, *_, start = fields.split()[:20]
    # A dead process that its parent has not fetched yet is no process any more.
    return None if state == "Z" else (name, start)


def runs(pid: int | None, program: str) -> bool:
    """Say whether the process of this number runs the program."""
    stat = process_stat(pid) if pid else None
    return stat is not None and stat[0] == program


def read_pid(path: Path) -> int | None:
    """Return the number in a process id file, or None where there is no such file or no number in it."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def is_dead_socket(path: Path) -> bool:
    """Say whether there is a socket that nobody listens at."""
    if not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def mounts_below(mounts: str, *folders: Path) -> list[str]:
    """Return what /proc/mounts has at or below the folders, the deepest first. dockerd mounts its data on itself."""
    points = [line.split()[1] for line in mounts.splitlines()]
    below = {point for point in points for folder in folders if Path(point).is_relative_to(folder)}
    return sorted(below, reverse=True)


def clear_leftovers(where: Paths) -> list[str]:
    """Remove what engines that are no more left in the way; return what was removed."""
    containerd = where.runtime / "containerd"
    stale = [
        pidfile
        for pidfile, program in ((where.pidfile, "dockerd"), (containerd / "containerd.pid", "containerd"))
        if pidfile.exists() and not runs(read_pid(pidfile), program)
    ]
    stale += [path for path in (where.socket, SYSTEM_CONTAINERD, *containerd.glob("*.sock*")) if is_dead_socket(path)]
    for path in stale:
        path.unlink()
    return [str(path) for path in stale]
