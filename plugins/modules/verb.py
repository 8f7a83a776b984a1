#!/usr/bin/python
# This file documents the action plugin of the same name, which does the work on the controller.
from __future__ import annotations

DOCUMENTATION = r"""
module: verb
short_description: Check what a playbook is asked for before any host is contacted
version_added: 0.1.0
description:
  - Holds the variables of a playbook that is a verb against the entry point of a role that has its name. What is missing, of
    another type or none of the choices is an error, told with all others at once.
  - Refuses variables of the command line that begin with the name of a role or of a playbook of this collection, or look
    like one of its variables, and are none. Ansible itself ignores them silently.
  - Runs on the controller and sees all hosts of the inventory, so it is run once.
options:
  name:
    description: Name of the playbook.
    type: str
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
seealso:
  - module: alparque.festival.preflight
"""

EXAMPLES = r"""
- name: Check what is asked for
  alparque.festival.verb:
    name: leave
  run_once: true
"""

RETURN = r"""
msg:
  description: All problems, one a line.
  returned: always
  type: str
"""
