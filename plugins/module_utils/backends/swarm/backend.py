"""The default backend: a Swarm across any number of hosts."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import info, master, pool, preflight
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.keys import SwarmStore
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import connect
from ansible_collections.alparque.festival.plugins.module_utils.findings import Findings, Settings
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import Kind


class SwarmBackend:
    """Pools are services of a Swarm, masters its job services, keys its secrets and configs."""

    name = "swarm"

    def connect(self, params: dict) -> t.Any:
        return connect(params["docker_host"])

    def master(self, client: t.Any, params: dict, name: str = "") -> master.SwarmMaster:
        return master.SwarmMaster(client, params, name)

    def masters_of(self, client: t.Any, prefix: str, pool_name: str) -> dict[str, str]:
        return master.masters_of(client, prefix, pool_name)

    def pool(self, client: t.Any, params: dict, check_mode: bool) -> dict:
        return pool.converge(client, params, check_mode)

    def cluster(self, client: t.Any, prefix: str, inventory: list[dict]) -> dict:
        return info.describe_cluster(client, prefix, inventory)

    def keys(self, client: t.Any, kind: Kind, owner: str, params: dict) -> SwarmStore:
        return SwarmStore(client, kind, owner)

    def judge(self, settings: Settings, hosts: t.Sequence[str], managers: t.Sequence[str]) -> Findings:
        return preflight.judge(settings, managers)

    def judge_host(self, name: str, host: dict, settings: Settings) -> Findings:
        return preflight.judge_host(name, host, settings)

    def judge_hosts(self, reports: t.Mapping[str, dict], manager: str, takers: t.Collection[str]) -> Findings:
        return preflight.judge_hosts(reports, manager, takers)
