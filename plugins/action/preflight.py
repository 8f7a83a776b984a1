"""The controller's check of inventory, arguments and hosts, before anything is changed."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.alparque.festival.plugins.module_utils import findings as preflight
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import BACKENDS, DEFAULT_BACKEND
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import hosts as preflight_hosts
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import inventory as preflight_inventory
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import job as preflight_job
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import network as preflight_network
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import values as preflight_values
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import workers as preflight_workers

ROLES = Path(__file__).parents[2] / "roles"
GROUPS = ("festival_managers", "festival_hosts")


def documented_names() -> dict[str, str]:
    """Return every variable of the roles, as their argument specs have it, with its role."""
    found = {}
    for path in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        for entry in yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))[
            "argument_specs"
        ].values():
            found.update(dict.fromkeys(entry.get("options") or {}, path.parts[-3]))
    return found


class ActionModule(ActionBase):
    _VALID_ARGS = frozenset(("phase", "settings"))

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        result = super().run(tmp, task_vars)
        self._variables = task_vars or {}
        self._unreadable: list[preflight.Finding] = []
        phase = {"inventory": self._judge_inventory, "hosts": self._judge_hosts}[self._task.args["phase"]]
        problems, warnings = preflight.told([*self._unreadable, *phase()])
        result.update(changed=False, failed=bool(problems), warnings=warnings)
        result["msg"] = preflight.message(problems) if problems else "All is well."
        return result

    def _hosts(self) -> list[str]:
        """Return the inventory's hosts, whether this run is limited to some of them or not."""
        groups = self._variables["groups"]
        return list(dict.fromkeys(host for group in GROUPS for host in groups.get(group) or []))

    def _lead(self) -> str:
        """Return the first manager, or whom to ask for variables where there is none."""
        return next(iter(self._hosts()), "localhost")

    def _value(self, host: str, name: str, otherwise: t.Any = None) -> t.Any:
        """Return a host's variable; one that cannot be worked out is a finding."""
        try:
            return self._variables["hostvars"][host].get(name, otherwise)
        except AnsibleError as error:
            self._unreadable.append(
                preflight.Finding(f"The variable {name} of host {host} cannot be worked out: {error}. Correct it.")
            )
            return otherwise

    def _settings(self, known: dict[str, str]) -> dict[str, t.Any]:
        """Return what the user has set, as the first manager sees it, over the cluster-wide defaults that the task gives."""
        lead = self._lead()
        prefixes = tuple(f"{role}_" for role in set(known.values()))
        given = [name for name in self._variables["hostvars"][lead] if name.startswith(prefixes)]
        settings = {**self._task.args["settings"]}
        for name in given:
            value = self._value(lead, name)
            if value is not None:
                settings[name] = value
        return settings

    def _judge_inventory(self) -> preflight.Findings:
        """Judge all that can be known before any host is contacted."""
        known = documented_names()
        settings, hosts = self._settings(known), [self._described(host) for host in self._hosts()]
        yield from self._unreadable
        yield from preflight_inventory.judge_groups(self._variables["groups"], settings)
        yield from self._judge_backend(settings)
        yield from preflight_inventory.judge_addresses(hosts)
        yield from preflight_values.judge_values(settings)
        yield from preflight_network.judge_network(settings, len(hosts))
        yield from preflight_workers.judge_workers(settings)
        yield from preflight_job.judge_job(settings)
        yield from preflight.unknown_names(self._variables["hostvars"][self._lead()], known)

    def _judge_backend(self, settings: dict[str, t.Any]) -> preflight.Findings:
        """Let the backend judge what it is asked to run on; one that there is not is told with the other values."""
        backend = BACKENDS.get(settings.get("festival_backend", DEFAULT_BACKEND))
        if backend:
            yield from backend.judge(settings, self._hosts(), self._variables["groups"].get(GROUPS[0]) or [])

    def _described(self, host: str) -> preflight_inventory.Host:
        """Return what the inventory says of one host."""
        return preflight_inventory.Host(
            host,
            str(self._value(host, "ansible_host", host)),
            str(self._value(host, "ansible_port", 22)),
            self._value(host, "ansible_connection", "ssh"),
            self._value(host, "swarm_advertise_addr"),
        )

    def _judge_hosts(self) -> preflight.Findings:
        """Judge what the hosts of this run have reported."""
        settings = {"network_subnet": self._default("network", "network_subnet"), **self._settings(documented_names())}
        reports, takers, daring = {}, set(), set()
        for host in self._variables["ansible_play_hosts_all"]:
            report = self._value(host, "festival_host", {})
            if report.get("unreachable"):
                yield preflight_hosts.judge_connection(host, str(report.get("msg", "")))
            elif "host" not in report:
                yield preflight_hosts.judge_failure(host, str(report.get("module_stderr") or report.get("msg", "")))
            else:
                reports[host] = report["host"]
            if preflight.truth(self._value(host, "swarm_force_takeover", False)):
                takers.add(host)
            if preflight.truth(self._value(host, "docker_host_untried_system", False)):
                daring.add(host)
        yield from preflight_hosts.judge_hosts(reports, settings, self._lead(), takers, daring)

    def _default(self, role: str, name: str) -> t.Any:
        """Return a role's default, for what is judged even where the user says nothing of it."""
        defaults = self._loader.load_from_file(str(ROLES / role / "defaults" / "main.yml"), trusted_as_template=True)
        return self._templar.template(defaults[name])
