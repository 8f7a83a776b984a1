"""One host without a Swarm: its engine's containers, in a bridge network."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.docker import info, master, pool, preflight
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.keys import FileStore
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import connect
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.findings import Findings, Settings
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import Kind


class DockerBackend:
    """Pools and masters are containers, keys are files of the host."""

    name = "docker"

    def connect(self, params: dict) -> t.Any:
        return connect(params["docker_host"])

    def master(self, client: t.Any, params: dict, name: str = "") -> master.ContainerMaster:
        return master.ContainerMaster(client, params, name)

    def masters_of(self, client: t.Any, prefix: str, pool_name: str) -> dict[str, str]:
        return master.masters_of(client, prefix, pool_name)

    def pool(self, client: t.Any, params: dict, check_mode: bool) -> dict:
        return pool.converge(client, params, check_mode)

    def cluster(self, client: t.Any, prefix: str, inventory: list[dict]) -> dict:
        return info.describe_cluster(client, prefix, inventory)

    def keys(self, client: t.Any, kind: Kind, owner: str, params: dict) -> FileStore:
        if not params["directory"]:
            raise FestivalError(
                "Backend docker keeps keys as files, and directory is missing. Give a folder of the host."
            )
        return FileStore(client, kind, owner, params["directory"], params["uid"])

    def judge(self, settings: Settings, hosts: t.Sequence[str], managers: t.Sequence[str]) -> Findings:
        return preflight.judge(settings, hosts)

    def judge_host(self, name: str, host: dict, settings: Settings) -> Findings:
        yield from ()

    def judge_hosts(self, reports: t.Mapping[str, dict], manager: str, takers: t.Collection[str]) -> Findings:
        yield from ()
