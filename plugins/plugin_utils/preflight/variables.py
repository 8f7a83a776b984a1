"""The inventory's hosts and their variables, as an action plugin is given them."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible_collections.alparque.festival.plugins.module_utils.findings import Finding

GROUPS = ("festival_managers", "festival_hosts")


class Variables:
    """All hosts of the inventory, whether a run is limited to some of them or not. What cannot be read is ``unreadable``."""

    def __init__(self, task_vars: dict) -> None:
        self.of_task = task_vars
        self.unreadable: list[Finding] = []
        groups = task_vars["groups"]
        self.hosts = list(dict.fromkeys(host for group in GROUPS for host in groups.get(group) or []))
        #: The first manager, or whom to ask for variables where there is none.
        self.lead = next(iter(self.hosts), "localhost")

    def of(self, host: str) -> t.Mapping[str, t.Any]:
        """Return a host's variables, each of which is worked out when it is asked for."""
        return self.of_task["hostvars"][host]

    def value(self, host: str, name: str, otherwise: t.Any = None) -> t.Any:
        """Return a host's variable; one that cannot be worked out is a finding."""
        return self.read(host, name, lambda: self.of(host).get(name, otherwise), otherwise)

    def read(self, host: str, name: str, ask: t.Callable[[], t.Any], otherwise: t.Any = None) -> t.Any:
        """Return what ``ask`` returns for a host's variable; an error of Ansible's is a finding."""
        try:
            return ask()
        except AnsibleError as error:
            self.unreadable.append(
                Finding(f"The variable {name} of host {host} cannot be worked out: {error}. Correct it.")
            )
            return otherwise
