from __future__ import annotations

DOCUMENTATION = r"""
module: pool
short_description: Keep a pool of worker containers on the swarm
version_added: 0.1.0
description:
  - Runs on a manager. Keeps one Swarm service as specified, and returns when it has actually converged, that is when every
    container runs the present specification and passes its health check.
  - A service that already is as specified is not touched. Only what these options say is compared, so that what the engine
    adds on its own never counts as a change.
extends_documentation_fragment: alparque.festival.engine
options:
  name:
    description: Name of the pool and of its service. Containers are told by which address they find it (C(FESTIVAL_POOL_ADDRESS)).
    type: str
    required: true
  state:
    description: Whether the pool is to be there.
    type: str
    choices: [present, absent]
    default: present
  image:
    description: Worker image, best by digest, so that all hosts run the same one. Required unless O(state=absent).
    type: str
  network:
    description: Overlay network of masters and workers. Required unless O(state=absent).
    type: str
  mode:
    description: C(replicated) keeps O(replicas) containers, spread over the hosts; C(global) keeps one on each host.
    type: str
    choices: [replicated, global]
    default: replicated
  replicas:
    description: Number of containers in mode C(replicated).
    type: int
    default: 1
  slots:
    description: R workers in each container, which learns of it as C(FESTIVAL_SLOTS).
    type: int
    default: 1
  env:
    description: Environment of the containers, besides C(FESTIVAL_SLOTS) and C(FESTIVAL_HOST), the name of their host.
    type: dict
    default: {}
  limit_cpus:
    description: Cores that a container may use at most.
    type: float
  limit_memory:
    description: Memory that a container may use at most, such as C(2G) (powers of 1024).
    type: str
  reserve_cpus:
    description: Cores that a host must have unreserved to get a container.
    type: float
  reserve_memory:
    description: Memory that a host must have unreserved to get a container.
    type: str
  constraints:
    description: Swarm placement constraints, all of which a host must meet.
    type: list
    elements: str
    default: []
  update_parallelism:
    description: Containers replaced at a time when the specification changes; 0 replaces all at once.
    type: int
    default: 0
  update_delay:
    description: Seconds between two such replacements.
    type: int
    default: 0
  update_order:
    description: Whether a container's successor starts before or after it stops.
    type: str
    choices: [stop-first, start-first]
    default: stop-first
  secrets:
    description: Swarm secrets that the containers mount, readable by one user.
    type: list
    elements: dict
    default: []
    suboptions: &file
      name:
        description: Name in the swarm.
        type: str
        required: true
      target:
        description: File name in the container, below C(/run/secrets) for a secret unless absolute.
        type: str
        required: true
      uid:
        description: Id of the user and group that own the file.
        type: int
        required: true
  configs:
    description: Swarm configs that the containers mount, readable by one user.
    type: list
    elements: dict
    default: []
    suboptions: *file
  health_command:
    description: Bash command that succeeds in a container whose workers answer.
    type: str
    default: "true"
  health_interval:
    description: Seconds between two health checks.
    type: int
    default: 3
  timeout:
    description: Seconds to wait for convergence.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Keep six workers with at most two cores each
  alparque.festival.pool:
    name: festival-pool
    image: 10.213.0.2:5000/festival/worker@sha256:9f2b...
    network: festival
    replicas: 6
    limit_cpus: 2
    constraints: [node.labels.disk == ssd]
"""

RETURN = r"""
pool:
  description: The pool; null when it is absent, or where check mode would make it.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    containers:
      description: Containers that run.
      type: int
    slots:
      description: R workers in each.
      type: int
    workers:
      description: R workers in all.
      type: int
    containers_per_host:
      description: Containers by the name of their host.
      type: dict
    task_ids:
      description: Swarm's ids of the running containers' tasks. They change exactly when a container is replaced.
      type: list
      elements: str
"""

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.pool import converge
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run

FILES = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "name": {"type": "str", "required": True},
        "target": {"type": "str", "required": True},
        "uid": {"type": "int", "required": True},
    },
}

OPTIONS = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "image": {"type": "str"},
    "network": {"type": "str"},
    "mode": {"type": "str", "choices": ["replicated", "global"], "default": "replicated"},
    "replicas": {"type": "int", "default": 1},
    "slots": {"type": "int", "default": 1},
    "env": {"type": "dict", "default": {}},
    "limit_cpus": {"type": "float"},
    "limit_memory": {"type": "str"},
    "reserve_cpus": {"type": "float"},
    "reserve_memory": {"type": "str"},
    "constraints": {"type": "list", "elements": "str", "default": []},
    "update_parallelism": {"type": "int", "default": 0},
    "update_delay": {"type": "int", "default": 0},
    "update_order": {"type": "str", "choices": ["stop-first", "start-first"], "default": "stop-first"},
    # Names, not the secrets themselves.
    "secrets": {**FILES, "no_log": False},
    "configs": FILES,
    "health_command": {"type": "str", "default": "true"},
    "health_interval": {"type": "int", "default": 3},
    "timeout": {"type": "int", "default": 120},
}


def main() -> None:
    run(define_module(OPTIONS, required_if=[("state", "present", ["image", "network"])]), converge)


if __name__ == "__main__":
    main()
