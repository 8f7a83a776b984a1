from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_nodes
short_description: Keep, drain or remove nodes of the swarm
version_added: 0.1.0
description:
  - Runs on a manager, once for all nodes. C(present) waits until all are ready, sets role, availability and labels,
    and removes nodes that are down while their host is back under a new id. Then it proves that the overlay networks reach each
    node whose O(nodes[].address) is told; one that they do not reach is ready all the same, and its tasks run.
  - C(drained) sends their tasks elsewhere and demotes managers, C(absent) forgets nodes that have left.
extends_documentation_fragment: alparque.festival.engine
options:
  state:
    description: What to do with the nodes.
    type: str
    choices: [present, drained, absent]
    default: present
  nodes:
    description: The nodes, by id.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: The node's id.
        type: str
        required: true
      role:
        description: Role to have.
        type: str
        choices: [manager, worker]
      availability:
        description: Whether it takes tasks.
        type: str
        choices: [active, pause, drain]
      address:
        description: The address under which its engine speaks to the others (RV(alparque.festival.swarm_member#module:address)).
        type: str
      labels:
        description: Labels to have. Others are left alone.
        type: dict
        default: {}
  tolerant:
    description: Return a node that is cut off in RV(cut_off), instead of failing.
    type: bool
    default: false
  timeout:
    description: Seconds to wait for nodes to be ready, drained or down.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Have both nodes ready
  alparque.festival.swarm_nodes:
    nodes:
      - {id: x1ab, role: manager}
      - {id: y2cd, role: worker, labels: {disk: ssd}}
"""

RETURN = r"""
nodes:
  description: All nodes of the swarm by id.
  returned: success
  type: dict
  contains:
    id:
      description: The node's id, its only reliable key.
      type: str
    hostname:
      description: Name that its engine reports.
      type: str
    role:
      description: C(manager) or C(worker).
      type: str
    availability:
      description: C(active), C(pause) or C(drain).
      type: str
    state:
      description: C(ready), C(down), C(disconnected) or C(unknown).
      type: str
    address:
      description: Address under which the managers see it.
      type: str
    labels:
      description: Labels by name.
      type: dict
    leader:
      description: Whether it leads the managers.
      type: bool
    manages:
      description: Whether it acts as a manager now. A role takes effect some seconds after it was given.
      type: bool
    message:
      description: The engine's remark on its state.
      type: str
removed:
  description: Ids of nodes that were removed because their host is back under a new id.
  returned: success
  type: list
  elements: str
cut_off:
  description: Ids of nodes that the overlay networks do not reach. A manager that is cut off itself only knows that of itself.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.nodes import converge
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run

OPTIONS = {
    "state": {"type": "str", "choices": ["present", "drained", "absent"], "default": "present"},
    "nodes": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "id": {"type": "str", "required": True},
            "role": {"type": "str", "choices": ["manager", "worker"]},
            "availability": {"type": "str", "choices": ["active", "pause", "drain"]},
            "address": {"type": "str"},
            "labels": {"type": "dict", "default": {}},
        },
    },
    "tolerant": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 120},
}


def main() -> None:
    run(define_module(OPTIONS), converge)


if __name__ == "__main__":
    main()
