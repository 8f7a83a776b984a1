"""What a job's script is to MPI, and what its master is told of how to run it."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

#: Ending of a script's name → what it is. gfortran takes .f for fixed form, and capitals for what the preprocessor sees first.
KINDS = {
    ".c": "c",
    **dict.fromkeys((".C", ".cc", ".cpp", ".cxx"), "c++"),
    **dict.fromkeys((".f", ".for", ".f90", ".f95", ".f03", ".f08"), "fortran"),
    ".py": "python",
    ".r": "r",
}

#: What a compiled program, or a script that names its own interpreter, begins with.
PROGRAM = (b"\x7fELF", b"#!")

#: What a job may ask of mpirun: argument spec of its option ``mpi``.
OPTIONS: dict[str, dict] = {
    "ranks": {"type": "int", "default": 0},
    "map_by": {"type": "str", "default": ""},
    "options": {"type": "list", "elements": "str", "default": []},
    "flags": {"type": "list", "elements": "str", "default": ["-O2", "-lm"]},
    "r": {"type": "str", "choices": ["auto", "spmd", "snow"], "default": "auto"},
    "restarts": {"type": "int", "default": 0},
}

#: How a script makes a snow cluster of MPI's ranks.
_SNOW = re.compile(r"""type\s*=\s*["']MPI["']|\b(make|get)MPIcluster\b""")


def kind_of(script: Path, r: str = "auto") -> str:
    """Return c, c++, fortran, python, r, snow (an R script whose other ranks are snow's workers) or program.

    ``r`` is auto, spmd or snow. Raises FestivalError where the script is none of these.
    """
    kind = KINDS.get(script.suffix) or KINDS.get(script.suffix.lower())
    if kind == "r":
        snow = r == "snow" or (r == "auto" and _SNOW.search(script.read_text(encoding="utf-8", errors="replace")))
        return "snow" if snow else "r"
    if kind:
        return kind
    with script.open("rb") as stream:
        if stream.read(4).startswith(PROGRAM):
            return "program"
    raise FestivalError(
        f"job_script is {script.name}, which is no program and whose ending says nothing to MPI. Name a source "
        f"({', '.join(sorted(KINDS))}), a compiled program, or a script that begins with #!."
    )


def settings_for(script: Path, asked: dict[str, t.Any], environment: dict[str, t.Any]) -> str:
    """Return what the master finds in FESTIVAL_MPI, as JSON: the same wishes give the same text."""
    wishes = {key: value for key, value in asked.items() if key != "r"}
    texts = {key: str(value) for key, value in environment.items()}
    return json.dumps({"kind": kind_of(script, asked["r"]), **wishes, "environment": texts}, sort_keys=True)
