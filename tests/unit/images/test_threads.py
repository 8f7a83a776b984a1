"""How many threads a task may have, as the container's program works it out."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "roles" / "images" / "files" / "bin" / "festival-threads"
CORES = len(os.sched_getaffinity(0))


def told(**environment: str) -> dict[str, int]:
    """Return what is to be exported."""
    clean = {name: value for name, value in os.environ.items() if not re.search("THREADS|FESTIVAL|LIMIT", name)}
    said = subprocess.run(["bash", PROGRAM], env={**clean, **environment}, capture_output=True, text=True, check=True)
    assert said.stderr == ""
    return {name: int(value) for name, value in re.findall(r"^export (\w+)='(\d+)'$", said.stdout, re.MULTILINE)}


@pytest.mark.parametrize("slots", [1, 2, 64])
def test_a_slot_has_its_share_and_at_least_one(slots: int) -> None:
    share = told(FESTIVAL_SLOTS=str(slots))
    assert set(share) == {"FESTIVAL_CORES", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}
    assert set(share.values()) <= {max(1, cores // slots) for cores in range(1, CORES + 1)}
    assert len(set(share.values())) == 1


def test_what_a_container_was_given_stays() -> None:
    share = told(FESTIVAL_SLOTS="1", OMP_NUM_THREADS="7")
    assert share["OMP_NUM_THREADS"] == 7 and share["FESTIVAL_CORES"] <= CORES


def test_without_slots_all_of_it() -> None:
    assert 1 <= told()["FESTIVAL_CORES"] <= CORES
