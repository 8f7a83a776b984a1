"""The controller's check of inventory, arguments and hosts, before anything is changed."""

from __future__ import annotations

import typing as t

from ansible import context
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.alparque.festival.plugins.module_utils import findings as preflight
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import BACKENDS, DEFAULT_BACKEND
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import arguments as preflight_arguments
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import hosts as preflight_hosts
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import inventory as preflight_inventory
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import job as preflight_job
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import network as preflight_network
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import values as preflight_values
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import workers as preflight_workers
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.variables import GROUPS, Variables

ROLES = preflight_arguments.COLLECTION / "roles"

#: Variables of whose type the tables of values have more to say than what it is. An environment's values are nobody's to read.
JUDGED = {*preflight_values.NUMBERS, *preflight_values.SWITCHES, "job_environment", "workers_environment"}

#: Variables by which a host does its part of a cluster, and not of another one.
SHARED = ("festival_backend", "festival_prefix")


class ActionModule(ActionBase):
    _VALID_ARGS = frozenset(("phase", "settings"))

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        result = super().run(tmp, task_vars)
        self._seen = Variables(task_vars or {})
        phase = {"inventory": self._judge_inventory, "hosts": self._judge_hosts}[self._task.args["phase"]]
        problems, warnings = preflight.told([*self._seen.unreadable, *phase()])
        result.update(changed=False, failed=bool(problems), warnings=warnings)
        result["msg"] = preflight.message(problems) if problems else "All is well."
        return result

    def _settings(self, known: dict[str, str]) -> dict[str, t.Any]:
        """Return what the user has set, as the first manager sees it, over the cluster-wide defaults that the task gives."""
        lead = self._seen.lead
        prefixes = tuple(f"{role}_" for role in set(known.values()))
        given = [name for name in self._seen.of(lead) if name.startswith(prefixes)]
        settings = {**self._task.args["settings"]}
        for name in given:
            value = self._seen.value(lead, name)
            if value is not None:
                settings[name] = value
        return settings

    def _judge_inventory(self) -> preflight.Findings:
        """Judge all that can be known before any host is contacted."""
        known = preflight_arguments.documented_names()
        settings, hosts = self._settings(known), [self._described(host) for host in self._seen.hosts]
        yield from self._seen.unreadable
        unfit = preflight_arguments.judge_types(settings, but=JUDGED)
        yield from unfit.values()
        settings = {name: value for name, value in settings.items() if name not in unfit}
        yield from preflight_inventory.judge_groups(self._seen.of_task["groups"], settings)
        for name in SHARED:
            default = self._default("festival", name)
            yield from preflight_inventory.judge_shared(
                name, {host: self._seen.value(host, name, default) for host in self._seen.hosts}
            )
        yield from self._judge_backend(settings)
        yield from preflight_inventory.judge_addresses(hosts)
        yield from preflight_values.judge_values(settings)
        yield from preflight_network.judge_network(settings, len(hosts))
        yield from preflight_workers.judge_workers(settings)
        yield from preflight_job.judge_job(settings)
        command_line = load_extra_vars(self._loader)
        yield from preflight_arguments.judge_names(command_line, playbooks=context.CLIARGS.get("args", ()))
        # What the inventory has may be the user's own.
        theirs = [name for name in self._seen.of(self._seen.lead) if name not in command_line]
        yield from preflight.unknown_names(theirs, known)

    def _judge_backend(self, settings: dict[str, t.Any]) -> preflight.Findings:
        """Let the backend judge what it is asked to run on; one that there is not is told with the other values."""
        backend = BACKENDS.get(settings.get("festival_backend", DEFAULT_BACKEND))
        if backend:
            yield from backend.judge(settings, self._seen.hosts, self._seen.of_task["groups"].get(GROUPS[0]) or [])

    def _described(self, host: str) -> preflight_inventory.Host:
        """Return what the inventory says of one host."""
        advertised = self._seen.value(host, "swarm_advertise_addr")
        return preflight_inventory.Host(
            host,
            str(self._seen.value(host, "ansible_host", host)),
            str(self._seen.value(host, "ansible_port", 22)),
            str(self._seen.value(host, "ansible_connection", "ssh")),
            None if advertised is None else str(advertised),
        )

    def _judge_hosts(self) -> preflight.Findings:
        """Judge what the hosts of this run have reported."""
        known = preflight_arguments.documented_names()
        settings = {"network_subnet": self._default("network", "network_subnet"), **self._settings(known)}
        reports, takers, daring = {}, set(), set()
        for host in self._seen.of_task["ansible_play_hosts_all"]:
            report = self._seen.value(host, "festival_host", {})
            if report.get("unreachable"):
                yield preflight_hosts.judge_connection(host, str(report.get("msg", "")))
            elif "host" not in report:
                yield preflight_hosts.judge_failure(host, str(report.get("module_stderr") or report.get("msg", "")))
            else:
                reports[host] = report["host"]
            if preflight.truth(self._seen.value(host, "swarm_force_takeover", False)):
                takers.add(host)
            if preflight.truth(self._seen.value(host, "docker_host_untried_system", False)):
                daring.add(host)
        yield from preflight_hosts.judge_hosts(reports, settings, self._seen.lead, takers, daring)

    def _default(self, role: str, name: str) -> t.Any:
        """Return a role's default, for what is judged even where the user says nothing of it."""
        defaults = self._loader.load_from_file(str(ROLES / role / "defaults" / "main.yml"), trusted_as_template=True)
        return self._templar.template(defaults[name])
