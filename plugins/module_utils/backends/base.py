"""What a backend is: what runs the containers, as far as anything outside its folder has to know.

A backend is a folder here with a file ``backend.py``, and a row in ``table.py``. Roles that do something of their own for it
have a task file of its name, also for what a teardown removes. It tells masters and workers by which address a pool is found
(``FESTIVAL_POOL_ADDRESS``). ``client`` is whatever its ``connect()`` returns, and is handed back to it unread.
"""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.findings import Findings, Settings
from ansible_collections.alparque.festival.plugins.module_utils.trust.cluster_keys import Store
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import Kind

#: Where a job's folder is in its master's container.
JOB_FOLDER = "/job"


class Ended(t.NamedTuple):
    """How a master ended, as far as its backend knows."""

    message: str


class Master(t.Protocol):
    """The container in which a job's script runs. What it prints, and its exit code, are in the job's folder."""

    #: What the backend calls it.
    name: str

    def exists(self) -> bool:
        """Say whether the backend knows it, running or not."""

    def plan(self, folder: str, env: dict[str, str]) -> t.Any:
        """Return all that ``start()`` needs; raise FestivalError where something is missing. Changes nothing.

        ``folder``, on the manager, is what the master is to have at JOB_FOLDER, to read and to write.
        """

    def start(self, plan: t.Any) -> None:
        """Start it, detached from whoever calls."""

    def ended(self) -> Ended | None:
        """Return how it ended, or None while it runs, is about to, or will be started again."""

    def attempts(self) -> int:
        """Return how often it was started."""

    def out_of_memory(self) -> bool:
        """Say whether the kernel killed one of its processes for want of memory."""

    def waiting_for(self) -> str:
        """Return the backend's words on a master that has not started yet; empty when there are none."""

    def missing(self) -> dict | None:
        """Return the workers of its pool that it does not reach; None while that can't be said, as before it has started.

        ``{"of": 6, "hosts": {"carla": 2}}``: of six workers two are missing, on host carla. Empty where none are.
        """

    def remove(self) -> None:
        """End it if it runs, and have the backend forget it."""


class Backend(t.Protocol):
    """A backend, as the modules and the preflight ask for it. ``params`` are a module's parameters."""

    #: What ``festival_backend`` names it.
    name: str

    def connect(self, params: dict) -> t.Any:
        """Return a client; raise FestivalError, or DockerMissing on a host where all is still to be made."""

    def master(self, client: t.Any, params: dict, name: str = "") -> Master:
        """Return the master that ``params`` (job_master's) describe; to find one, the ``name`` that it had is enough."""

    def masters_of(self, client: t.Any, prefix: str, pool: str) -> dict[str, str]:
        """Return the masters that a pool of a cluster was given to: name → job. Whether they still run is not said."""

    def pool(self, client: t.Any, params: dict, check_mode: bool) -> dict:
        """Bring a pool to what ``params`` (pool's) describe, wait until it is, and return the module's result."""

    def cluster(self, client: t.Any, prefix: str, inventory: list[dict]) -> dict:
        """Return hosts, pools, networks and registry, as cluster_info documents them. Only asks."""

    def keys(self, client: t.Any, kind: Kind, owner: str, params: dict) -> Store:
        """Return where the keys of a cluster, or the token of a pool, are kept so that containers can mount them."""

    def judge(self, settings: Settings, hosts: t.Sequence[str], managers: t.Sequence[str]) -> Findings:
        """Find what in the inventory cannot be with this backend."""

    def judge_host(self, name: str, host: dict, settings: Settings) -> Findings:
        """Find what a host, as host_info describes it, would have to be able to do and is not."""

    def judge_hosts(self, reports: t.Mapping[str, dict], manager: str, takers: t.Collection[str]) -> Findings:
        """Find hosts that cannot be one cluster; ``takers`` are hosts that may be taken out of another one."""
