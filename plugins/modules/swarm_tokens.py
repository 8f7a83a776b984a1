from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_tokens
short_description: Read the tokens that let hosts join the swarm
version_added: 0.1.0
description:
  - Runs on a manager. The tokens are secrets; set C(no_log) on the task.
extends_documentation_fragment: alparque.festival.engine
"""

EXAMPLES = r"""
- name: Read the join tokens
  alparque.festival.swarm_tokens:
  register: join
  no_log: true
"""

RETURN = r"""
tokens:
  description: Join tokens by role.
  returned: success
  type: dict
  contains:
    manager:
      description: Lets a host in as a manager.
      type: str
    worker:
      description: Lets a host in as a worker.
      type: str
"""

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.cluster import join_tokens
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run


def main() -> None:
    run(define_module({}), join_tokens)


if __name__ == "__main__":
    main()
