"""What the engine mpi makes of a log, and of what it is asked for."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.engine import mpi_error


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("hello\nMPI: rank 3 ended. It printed last:\nbad\n\n", "rank 3 ended. It printed last:\nbad"),
        ("MPI: of an earlier start\nhello\nMPI: rank 2 ended.\n", "rank 2 ended."),
        # What a rank prints does not hide it, and words of that kind in mid-line are not it.
        (
            "MPI: rank 1 ended. It printed last:\n\nI use MPI: often\n",
            "rank 1 ended. It printed last:\n\nI use MPI: often",
        ),
        ("\n".join(map(str, range(40))), "\n".join(map(str, range(30, 40)))),
        ("", ""),
    ],
)
def test_mpi_says_what_went_wrong(log, message):
    assert mpi_error(log) == message
