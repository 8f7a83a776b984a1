"""The controller's check of what a verb is asked for, before any host is contacted."""

from __future__ import annotations

import typing as t

from ansible import context
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.utils.vars import load_extra_vars
from ansible_collections.alparque.festival.plugins.module_utils import findings as problems
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight import arguments, verbs
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.values import judge_values
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.variables import Variables


class ActionModule(ActionBase):
    _VALID_ARGS = frozenset(("name",))

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        result = super().run(tmp, task_vars)
        self._seen = Variables(task_vars or {})
        found = [*self._judge(self._task.args["name"])]
        wrong, warnings = problems.told([*self._seen.unreadable, *found])
        result.update(changed=False, failed=bool(wrong), warnings=warnings)
        result["msg"] = problems.message(wrong) if wrong else "All is well."
        return result

    def _judge(self, verb: str) -> problems.Findings:
        """Judge the command line's names, and the verb's own variables but no others: it may be the cure for those."""
        options = arguments.options_of(verb)
        command_line = load_extra_vars(self._loader)
        yield from arguments.judge_names(command_line, options, context.CLIARGS.get("args", ()))
        # A playbook of the user's own may ask by import_playbook's vars.
        asked = {**self._task.get_play().get_vars(), **command_line}
        settings = {name: value for name in options if (value := self._value(name, asked)) is not None}
        unfit = arguments.judge_options(verb, options, settings, asked)
        yield from unfit.values()
        fit = {name: value for name, value in settings.items() if name not in unfit}
        yield from judge_values(fit)
        yield from verbs.judge_verb(verb, fit, self._seen, self._matching)

    def _value(self, name: str, asked: t.Mapping[str, t.Any]) -> t.Any:
        """Return a variable: as this run is asked, else as the first manager has it."""
        lead = self._seen.lead
        if name in asked:
            return self._seen.read(lead, name, lambda: self._templar.template(asked[name]))
        return self._seen.value(lead, name)

    def _matching(self, pattern: t.Any) -> list[str]:
        """Return the hosts of the inventory that a pattern means."""
        lookup = lookup_loader.get("ansible.builtin.inventory_hostnames", loader=self._loader, templar=self._templar)
        return lookup.run(pattern if isinstance(pattern, list) else [pattern], self._seen.of_task)
