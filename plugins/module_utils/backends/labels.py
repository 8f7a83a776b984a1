"""By which labels masters are known, on every backend that has labels."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.table import engine_named
from ansible_collections.alparque.festival.plugins.module_utils.names import CLUSTER_LABEL, JOB_LABEL, POOL_LABEL


def of_master(params: dict) -> dict[str, str]:
    """Return a master's labels. A job that takes no workers holds no pool."""
    holds = params["pool"] and engine_named(params["engine"]).takes_workers
    held = {POOL_LABEL: params["pool"]} if holds else {}
    return {CLUSTER_LABEL: params["prefix"], JOB_LABEL: params["id"], **held}


def masters_of(prefix: str, pool: str) -> dict[str, list[str]]:
    """Return Docker's filter for the masters that hold a pool of a cluster."""
    return {"label": [f"{CLUSTER_LABEL}={prefix}", f"{POOL_LABEL}={pool}", JOB_LABEL]}
