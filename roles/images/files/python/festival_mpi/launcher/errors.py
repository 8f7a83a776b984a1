"""What ends a job."""

from __future__ import annotations


class JobError(Exception):
    """The job cannot be run, or its last run failed: cause, object and next step are in the message, the job's exit code is beside it."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class CopyError(JobError):
    """A container does not have its files, or has not given them back."""
