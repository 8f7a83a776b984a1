"""What a job asks for, and what its master is told of it, by the variables of its environment."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

#: Variables of the master's that every rank finds, too.
SHARED = ("FESTIVAL_JOB", "FESTIVAL_ENGINE", "FESTIVAL_OUTPUT")


@dataclass(frozen=True)
class Settings:
    """The job's wishes: docs/mpi.md has each of these as job_mpi_*."""

    kind: str
    ranks: int = 0
    map_by: str = ""
    options: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    restarts: int = 0
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Paths:
    """Where the master has what comes home; ``output`` is relative to the folder of the job."""

    output: Path
    events: str
    session: Path


def settings() -> Settings:
    """Return what the job asks for."""
    return Settings(**json.loads(os.environ["FESTIVAL_MPI"]))


def paths() -> Paths:
    """Return where the results go."""
    output, events, session = (os.environ[f"FESTIVAL_{name}"] for name in ("OUTPUT", "EVENTS", "SESSION"))
    return Paths(Path(output), events, Path(session))


def shared() -> dict[str, str]:
    """Return the variables that every rank finds as the master has them."""
    return {name: os.environ[name] for name in SHARED}
