from __future__ import annotations

DOCUMENTATION = r"""
module: local_engine
short_description: Start a Docker engine on this machine where none answers
version_added: 0.1.0
description:
  - Starts the installed engine as systemd's service, or without systemd as a process of its own, and waits until it answers.
  - Clears away what a power cut left in its way, process id files and sockets of processes that are no more.
  - Remembers that it started the engine. Only then does O(state=absent) stop it, and never under somebody else's containers.
options:
  state:
    description: V(absent) stops the engine if this module started it.
    type: str
    choices: [present, absent]
    default: present
  directory:
    description: Keep everything of the engine (socket, data, log) in this directory, beside this machine's own engine.
    type: path
  arguments:
    description: Further arguments of dockerd. Where systemd starts the engine, its unit and C(daemon.json) say them.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds to wait for the engine to come up, or to end.
    type: int
    default: 60
requirements:
  - dockerd (C(docker.io) on Debian and Ubuntu)
  - root
author:
  - The alparque.festival authors (@alparque)
attributes:
  check_mode:
    description: Says whether the engine would be started or stopped.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
  idempotent:
    description: An engine that answers is left alone.
    support: full
"""

EXAMPLES = r"""
- name: Have an engine on this machine
  alparque.festival.local_engine:

- name: Stop it, if it was us who started it
  alparque.festival.local_engine:
    state: absent
"""

RETURN = r"""
docker_host:
  description: Address of the engine.
  returned: state is present
  type: str
  sample: unix:///run/docker.sock
cleared:
  description: Leftovers of an earlier engine that were removed.
  returned: state is present
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.alparque.festival.plugins.module_utils.frame import run_local
from ansible_collections.alparque.festival.plugins.module_utils.lab.docker import converge


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "directory": {"type": "path"},
            "arguments": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    run_local(module, converge, library="", missing=None)


if __name__ == "__main__":
    main()
