"""The frame of modules that work on the host's files or the network and need no engine."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.alparque.festival.plugins.module_utils.engine import FestivalError


def run_local(
    module: AnsibleModule, converge: t.Callable[[dict, bool], dict], library: str, missing: str | None
) -> None:
    """Call ``converge(params, check_mode)``, which needs the Python ``library``, and hand on its result or error."""
    if missing and module.check_mode:
        # What brings the library is itself still to be run: on a bare host everything is still to be made.
        module.exit_json(changed=True, msg=f"would be made; {missing_required_lib(library)}")
    if missing:
        module.fail_json(msg=missing_required_lib(library), exception=missing)
    try:
        module.exit_json(**converge(module.params, module.check_mode))
    except FestivalError as error:
        module.fail_json(msg=str(error), **error.facts)
