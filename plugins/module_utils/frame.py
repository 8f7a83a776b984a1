"""How a module begins and ends: options, check mode, and errors told as Ansible wants them."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import (
    DockerMissing,
    to_docker,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError


def define_module(options: dict, **frame: t.Any) -> AnsibleModule:
    """Return an AnsibleModule with check mode and the option that all who ask Docker share."""
    shared = {"docker_host": {"type": "str", "default": "unix:///var/run/docker.sock"}}
    return AnsibleModule(argument_spec={**shared, **options}, supports_check_mode=True, **frame)


def run(
    module: AnsibleModule,
    converge: t.Callable[[t.Any, dict, bool], dict],
    only_asks: bool = False,
    connected: t.Callable[[dict], t.Any] = to_docker,
) -> None:
    """Call ``converge(client, params, check_mode)`` and hand its result, or its FestivalError, to Ansible.

    The client is what ``connected(params)`` returns.
    """
    try:
        module.exit_json(**converge(connected(module.params), module.params, module.check_mode))
    except DockerMissing as missing:
        # On a bare host a check run has no engine to ask: everything is still to be made.
        if module.check_mode and not only_asks:
            module.exit_json(changed=True, msg=f"would be made; no engine yet: {missing}")
        module.fail_json(msg=str(missing))
    except FestivalError as error:
        module.fail_json(msg=str(error), **error.facts)


def run_local(
    module: AnsibleModule, converge: t.Callable[[dict, bool], dict], library: str, missing: str | None
) -> None:
    """Call ``converge(params, check_mode)``, which needs no Docker but the Python ``library``, and hand on its result or error."""
    if missing and module.check_mode:
        # What brings the library is itself still to be run: on a bare host everything is still to be made.
        module.exit_json(changed=True, msg=f"would be made; {missing_required_lib(library)}")
    if missing:
        module.fail_json(msg=missing_required_lib(library), exception=missing)
    try:
        module.exit_json(**converge(module.params, module.check_mode))
    except FestivalError as error:
        module.fail_json(msg=str(error), **error.facts)
