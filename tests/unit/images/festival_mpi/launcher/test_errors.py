"""What ends a job has an exit code."""

from __future__ import annotations

from festival_mpi.launcher.errors import CopyError, JobError


def test_the_exit_code_is_1_where_no_rank_has_another():
    assert (JobError("a").code, JobError("a", 137).code, CopyError("a").code) == (1, 137, 1)
    assert isinstance(CopyError("a"), JobError)
