"""One host without a Swarm: its engine's containers, in a bridge network."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.docker import info, pool, preflight
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.keys import FileStore
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.master import (
    ContainerMaster,
    masters_of,
)
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import to_docker
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.findings import Findings, Settings
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import Kind


class DockerBackend:
    """Pools and masters are containers, keys are files of the host."""

    name = "docker"

    connect = staticmethod(to_docker)
    master = ContainerMaster
    masters_of = staticmethod(masters_of)
    pool = staticmethod(pool.converge)
    cluster = staticmethod(info.describe_cluster)

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
