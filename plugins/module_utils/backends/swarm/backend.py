"""The default backend: a Swarm across any number of hosts."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import info, pool, preflight
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.keys import SwarmStore
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.master import SwarmMaster, masters_of
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import to_docker
from ansible_collections.alparque.festival.plugins.module_utils.findings import Findings, Settings
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import Kind


class SwarmBackend:
    """Pools are services of a Swarm, masters its job services, keys its secrets and configs."""

    name = "swarm"

    connect = staticmethod(to_docker)
    master = SwarmMaster
    masters_of = staticmethod(masters_of)
    pool = staticmethod(pool.converge)
    cluster = staticmethod(info.describe_cluster)

    def keys(self, client: t.Any, kind: Kind, owner: str, params: dict) -> SwarmStore:
        return SwarmStore(client, kind, owner)

    def judge(self, settings: Settings, hosts: t.Sequence[str], managers: t.Sequence[str]) -> Findings:
        return preflight.judge(settings, managers)

    def judge_host(self, name: str, host: dict, settings: Settings) -> Findings:
        return preflight.judge_host(name, host, settings)

    def judge_hosts(self, reports: t.Mapping[str, dict], manager: str, takers: t.Collection[str]) -> Findings:
        return preflight.judge_hosts(reports, manager, takers)
