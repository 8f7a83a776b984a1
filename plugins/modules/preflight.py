#!/usr/bin/python
# This file documents the action plugin of the same name, which does the work on the controller.
from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Check inventory, arguments and hosts before anything is changed
description:
  - Tells all that is wrong at once, each with its cause, its object and what to do next. C(docs/errors.md) lists it all.
  - Runs on the controller and sees all hosts of the inventory, so it is run once.
options:
  phase:
    description:
      - V(inventory) judges what can be known without any host, of the whole inventory whatever C(--limit) says.
      - V(hosts) judges what M(alparque.festival.host_info) has registered as C(festival_host) on the hosts of this run.
    type: str
    choices: [inventory, hosts]
    required: true
  settings:
    description:
      - Values to judge where the inventory and the command line have none.
      - All other variables are read as the first manager has them.
    type: dict
    required: true
author:
  - The alparque.festival authors (@alparque)
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Check the inventory and the arguments
  alparque.festival.preflight:
    phase: inventory
    settings:
      festival_backend: "{{ festival_backend }}"
  run_once: true
"""

RETURN = r"""
msg:
  description: All problems, one a line.
  returned: always
  type: str
"""
