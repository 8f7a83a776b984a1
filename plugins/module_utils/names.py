"""Names that more than one place has to know, each composed here and nowhere else. All begin with the cluster's prefix."""

from __future__ import annotations

#: The prefix of a cluster that was given none of its own.
DEFAULT_PREFIX = "festival"

#: Label of everything that belongs to one cluster; its value is the cluster's prefix.
CLUSTER_LABEL = "festival.cluster"

#: Labels of a master: its job, and the pool that it holds.
JOB_LABEL = "festival.job"
POOL_LABEL = "festival.pool"

#: Label of a pool; its value is the number of slots in each container.
SLOTS_LABEL = "festival.slots"

#: What an R package can be called (Writing R Extensions, "The DESCRIPTION file").
R_PACKAGE = r"[a-zA-Z][a-zA-Z0-9.]*[a-zA-Z0-9]"
#: The form of a host's or container's name.
HOST_NAME = r"[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?"


def master(prefix: str, job: str) -> str:
    """Return what the service or container of a job's master is called."""
    return f"{prefix}-job-{job}"


def key(owner: str, part: str, version: int) -> str:
    """Return what a key of a cluster, or the token of a pool, is called in a store: ``owner`` is the prefix or the pool."""
    return f"{owner}-{part}-v{version}"


def key_file(part: str) -> str:
    """Return what a key is called as a file."""
    return part.replace("-", "_")
