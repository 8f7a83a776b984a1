"""Programs written for MPI, in C, C++, Fortran, R or Python: mpirun starts their ranks in the pool's containers."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.engines.base import LAST_LINES
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.settings import (
    KINDS,
    OPTIONS,
    kind_of,
    settings_for,
)
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.view import RanksView
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.findings import Finding, Findings, Settings, truth

#: What the launcher in the master begins its last words with.
LAST_WORDS = "MPI: "


class Mpi:
    """Programs written for MPI."""

    name = "mpi"
    takes = "program for MPI"
    endings = tuple(KINDS)
    takes_workers = True
    view = RanksView()
    options = OPTIONS

    def judge(self, settings: Settings) -> Findings:
        """Find images that were asked for without MPI."""
        if not truth(settings.get("images_mpi", True)):
            yield Finding(
                "festival_engine is mpi and images_mpi is false: the images have no MPI. Set images_mpi to true."
            )

    def judge_script(self, script: Path) -> Findings:
        """Find a script that is nothing that mpirun could start."""
        try:
            kind_of(script)
        except FestivalError as error:
            yield Finding(str(error))

    def environment(self, script: Path, options: dict, environment: dict) -> dict[str, str]:
        """Return the launcher's settings."""
        return {"FESTIVAL_MPI": settings_for(script, options, environment)}

    def failure(self, code: int, log: str) -> str:
        """Return what the launcher said last: which rank failed, where and how."""
        return f"{mpi_error(log)}\nMend what this names and run again."


def mpi_error(log: str) -> str:
    """Return what the launcher said last; else the log's last lines."""
    lines = log.rstrip().splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith(LAST_WORDS)]
    return "\n".join(lines[starts[-1] :])[len(LAST_WORDS) :] if starts else "\n".join(lines[-LAST_LINES:])
