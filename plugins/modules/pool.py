from __future__ import annotations

DOCUMENTATION = r"""
module: pool
short_description: Keep a pool of worker containers
version_added: 0.1.0
description:
  - Runs on a manager. Keeps one Swarm service as specified, or with O(backend=docker) containers of one host, and returns when
    it has actually converged, that is when every container runs the present specification and passes its health check.
  - What already is as specified is not touched. Only what these options say is compared, so that what the engine
    adds on its own never counts as a change.
extends_documentation_fragment: alparque.festival.engine
options:
  backend:
    description: What runs the containers, C(swarm) or C(docker).
    type: str
    default: swarm
  name:
    description: Name of the pool, and of its service. Containers are told by which address they find it (E(FESTIVAL_POOL_ADDRESS)).
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
  containers:
    description: The containers, with O(backend=docker).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the container, by which masters and workers find it.
        type: str
        required: true
      address:
        description: Its address in O(network).
        type: str
        required: true
  network:
    description: Network of masters and workers. Required unless O(state=absent).
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
    description:
      - R workers in each container, which learns of it as C(FESTIVAL_SLOTS).
      - V(auto) is as many as its host has cores, and O(memory_per_slot); containers that share a host share these.
    type: str
    default: auto
  memory_per_slot:
    description: Memory that each R worker needs, such as C(512M), where O(slots=auto). C(0) asks for cores alone.
    type: str
    default: 512M
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
  keys:
    description: The cluster's keys and the pool's token, which the containers mount. Without it there are none.
    type: dict
    suboptions:
      version:
        description: Number of the set, see M(alparque.festival.cluster_keys).
        type: int
        required: true
      directory:
        description: Folder of the host where they are, with O(backend=docker).
        type: path
        required: true
  prefix:
    description: Prefix of the cluster that the pool belongs to.
    type: str
    default: festival
  uid:
    description: Id of the images' user, who reads the keys.
    type: int
    default: 2000
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
      description: R workers in each; V(auto) where each container counts for itself.
      type: raw
    workers:
      description: R workers in all.
      type: int
    containers_per_host:
      description: Containers by the name of their host.
      type: dict
    workers_per_host:
      description: R workers by the name of their host.
      type: dict
    task_ids:
      description: Swarm's ids of the running containers' tasks. They change exactly when a container is replaced.
      type: list
      elements: str
    places:
      description:
        - With backend V(swarm), where its running containers are (address, node_id, hostname), as M(alparque.festival.pool_reach) takes it.
      type: list
      elements: dict
"""

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.table import backend_named, connect
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.jobs.options import argument_spec

SHARED = {name: argument_spec("manager")[name] for name in ("backend", "prefix", "keys", "uid")}
OPTIONS = {
    **SHARED,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "image": {"type": "str"},
    "network": {"type": "str"},
    "containers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"name": {"type": "str", "required": True}, "address": {"type": "str", "required": True}},
    },
    "mode": {"type": "str", "choices": ["replicated", "global"], "default": "replicated"},
    "replicas": {"type": "int", "default": 1},
    "slots": {"type": "str", "default": "auto"},
    "memory_per_slot": {"type": "str", "default": "512M"},
    "env": {"type": "dict", "default": {}},
    "limit_cpus": {"type": "float"},
    "limit_memory": {"type": "str"},
    "reserve_cpus": {"type": "float"},
    "reserve_memory": {"type": "str"},
    "constraints": {"type": "list", "elements": "str", "default": []},
    "update_parallelism": {"type": "int", "default": 0},
    "update_delay": {"type": "int", "default": 0},
    "update_order": {"type": "str", "choices": ["stop-first", "start-first"], "default": "stop-first"},
    "health_command": {"type": "str", "default": "true"},
    "health_interval": {"type": "int", "default": 3},
    "timeout": {"type": "int", "default": 120},
}


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Let the backend bring the pool to what is wanted."""
    return backend_named(params["backend"]).pool(client, params, check_mode)


def main() -> None:
    needed = ["image", "network"]
    run(define_module(OPTIONS, required_if=[("state", "present", needed)]), converge, connected=connect)


if __name__ == "__main__":
    main()
