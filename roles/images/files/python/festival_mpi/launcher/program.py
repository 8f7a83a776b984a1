"""What a job's script is to MPI: how it is made a program, and how each rank starts that."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

from festival_mpi.launcher import log
from festival_mpi.launcher.errors import JobError

#: Kind of source → the compiler that Open MPI wraps.
COMPILERS = {"c": "mpicc", "c++": "mpicxx", "fortran": "mpifort"}

#: What R runs before a script that makes a cluster of snow's. Every container has this package, at the same place.
SNOW_PROFILE = Path(__file__).with_name("snow.R")


class Program(t.NamedTuple):
    """What each rank runs in the job's folder, the environment that it needs for that, and whether it was ``made`` from a source."""

    command: list[str]
    environment: dict[str, str]
    made: bool = False

    def forget(self) -> None:
        """Remove what was made: what lies in the job's folder goes home."""
        if self.made:
            Path(self.command[0]).unlink(missing_ok=True)


def build(kind: str, script: str, flags: t.Sequence[str]) -> str:
    """Compile a source in the present folder; return the program's path. Flags come last, for libraries must."""
    path = f"./{Path(script).stem}.mpi"
    command = [COMPILERS[kind], script, "-o", path, *flags]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.stdout:
        log.say(f"$ {' '.join(command)}")
        log.write(done.stdout)
    if done.returncode:
        raise JobError(f"{script} was not compiled: {command[0]} ended with exit code {done.returncode}.")
    return path


def program(kind: str, script: str, arguments: t.Sequence[str], flags: t.Sequence[str]) -> Program:
    """Return the program that a script of this kind is, compiled where it has to be."""
    if kind in COMPILERS:
        return Program([build(kind, script, flags), *arguments], {}, made=True)
    if kind == "python":
        # mpi4py's runner aborts all ranks where one has an exception: else the others would wait for it for ever.
        return Program(["python3", "-m", "mpi4py", script, *arguments], {})
    if kind in ("r", "snow"):
        profile = {"R_PROFILE": str(SNOW_PROFILE)} if kind == "snow" else {}
        return Program(["Rscript", "--max-connections=1024", script, *arguments], profile)
    os.chmod(script, 0o755)
    return Program([f"./{script}", *arguments], {})
