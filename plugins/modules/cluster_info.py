from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Report a cluster's hosts, pools, networks and registry
version_added: 0.1.0
description:
  - Runs on a manager, or on the one host of the docker backend, and returns the cluster as that engine sees it.
  - Changes nothing, and works while a job runs and with hosts down.
extends_documentation_fragment: alparque.festival.engine
options:
  backend:
    description: What runs the cluster's containers.
    type: str
    default: swarm
  prefix:
    description: Prefix of the cluster, whose pools are told.
    type: str
    default: festival
  inventory:
    description:
      - The inventory's hosts, which come first in RV(cluster.hosts), whether they are in the swarm or not.
      - A host is found by its node id, else by its address, else by its name.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in the inventory.
        type: str
        required: true
      reachable:
        description: Whether it answered.
        type: bool
        required: true
      node_id:
        description: Its node id, where it has told.
        type: str
      address:
        description: Its address.
        type: str
        default: ""
      remark:
        description: What there is to say of it, such as why it did not answer.
        type: str
        default: ""
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
  - module: alparque.festival.job_info
  - module: alparque.festival.host_info
"""

EXAMPLES = r"""
- name: Learn how the cluster is
  alparque.festival.cluster_info:
  register: festival_cluster

- name: See that the pool is whole
  ansible.builtin.assert:
    that: festival_cluster.cluster.pools | selectattr('problems') | length == 0
"""

RETURN = r"""
cluster:
  description: The cluster.
  returned: success
  type: dict
  contains:
    swarm:
      description: The swarm that this engine is in.
      type: dict
      contains:
        state: {description: "V(active), V(inactive), or why neither.", type: str}
        id: {description: The swarm's id; null where this engine is not told., type: str}
        manages: {description: Whether this host is a manager. Others only know of themselves., type: bool}
        owner: {description: The prefix of the cluster that made the swarm., type: str}
    hosts:
      description: The hosts of O(inventory) in its order, and after them the nodes that it does not know.
      type: list
      elements: dict
      contains:
        name: {description: Its name in the inventory; null for a node that is not there., type: str}
        reachable: {description: "As O(inventory[].reachable).", type: bool}
        remark: {description: "As O(inventory[].remark), or that it is cut off.", type: str}
        id: {description: Its node id; null where it is not in the swarm., type: str}
        hostname: {description: Name that its engine reports., type: str}
        role: {description: V(manager) or V(worker)., type: str}
        leader: {description: Whether it leads the managers., type: bool}
        manages: {description: Whether it acts as a manager now., type: bool}
        state: {description: "V(ready), V(down), V(disconnected) or V(unknown), as the managers see it.", type: str}
        cut_off: {description: Whether the overlay networks do not reach it though it is ready; its containers reach no others., type: bool}
        message: {description: The engine's remark on its state., type: str}
        availability: {description: "V(active), V(pause) or V(drain).", type: str}
        address: {description: Address under which the managers see it., type: str}
        engine_version: {description: Version of its engine., type: str}
        cpus: {description: Its processors., type: float}
        memory_bytes: {description: Size of its memory., type: int}
        labels: {description: Labels by name., type: dict}
    pools:
      description: The pools; with the docker backend the worker containers of each network.
      type: list
      elements: dict
      contains:
        name: {description: Its name., type: str}
        mode: {description: "V(replicated), V(global), or V(containers) with the docker backend.", type: str}
        replicas: {description: Containers that are wanted., type: int}
        containers: {description: Containers that run and answer., type: int}
        slots: {description: "R workers in each; V(auto) where each container counts for itself.", type: raw}
        workers: {description: R workers in all., type: int}
        containers_per_host: {description: Containers by the name of their host., type: dict}
        workers_per_host: {description: R workers by the name of their host., type: dict}
        task_ids:
          description: Swarm's ids of the running containers' tasks, or the containers' own.
          type: list
          elements: str
        image: {description: Image of its containers., type: str}
        networks: {description: Names of its networks., type: list, elements: str}
        problems:
          description: "Where fewer run than are wanted: a line for each, in the engine's words."
          type: list
          elements: str
    networks:
      description: The pools' networks.
      type: list
      elements: dict
      contains:
        name: {description: Its name., type: str}
        driver: {description: V(overlay) or V(bridge)., type: str}
        subnets: {description: Its address ranges., type: list, elements: str}
        encrypted: {description: Whether what leaves a host is encrypted., type: bool}
    registry:
      description: The registry on this host; null where there is none.
      type: dict
      contains:
        name: {description: Name of its container., type: str}
        state: {description: The container's state., type: str}
        status: {description: The same in the engine's words., type: str}
        image: {description: Its image., type: str}
        port: {description: Port at which hosts pull from it., type: int}
"""

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.table import (
    DEFAULT_BACKEND,
    backend_named,
    connect,
)
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.names import DEFAULT_PREFIX

OPTIONS = {
    "backend": {"type": "str", "default": DEFAULT_BACKEND},
    "prefix": {"type": "str", "default": DEFAULT_PREFIX},
    "inventory": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "reachable": {"type": "bool", "required": True},
            "node_id": {"type": "str"},
            "address": {"type": "str", "default": ""},
            "remark": {"type": "str", "default": ""},
        },
    },
}


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Return the cluster. There is nothing to converge; the name is that of every module's work."""
    backend = backend_named(params["backend"])
    return {"changed": False, "cluster": backend.cluster(client, params["prefix"], params["inventory"])}


def main() -> None:
    run(define_module(OPTIONS), converge, only_asks=True, connected=connect)


if __name__ == "__main__":
    main()
