from __future__ import annotations

DOCUMENTATION = r"""
module: pool_reach
short_description: Prove that a host's worker containers reach those on the other hosts
version_added: 0.1.0
description:
  - Connects from the network of a container of the pool to the supervisors of the containers on all other hosts. That the swarm calls
    a node ready, and its containers healthy, does not say that an overlay network carries anything to them.
  - A host without a container of the pool has nothing to prove.
extends_documentation_fragment: alparque.festival.engine
options:
  name:
    description: Name of the host in messages.
    type: str
    required: true
  pool:
    description: The pool.
    type: str
    required: true
  places:
    description: Where the pool's containers are (RV(alparque.festival.pool#module:pool.places)).
    type: list
    elements: dict
    required: true
    suboptions:
      address:
        description: Address of a container in the pool's network.
        type: str
        required: true
      node_id:
        description: The node that it runs on.
        type: str
        required: true
      hostname:
        description: The name of that node's host.
        type: str
        required: true
  tolerant:
    description: Return hosts that are not reached in RV(missed), instead of failing.
    type: bool
    default: false
  timeout:
    description: Seconds to try. A swarm may take half a minute to tell all hosts of a container that has just started.
    type: int
    default: 45
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
requirements:
  - root
"""

EXAMPLES = r"""
- name: Prove that the pool's containers reach each other
  alparque.festival.pool_reach:
    name: "{{ inventory_hostname }}"
    pool: festival-pool
    places: "{{ kept.pool.places }}"
"""

RETURN = r"""
missed:
  description: Names of the hosts that are not reached.
  returned: success
  type: list
  elements: str
cut_off:
  description: Whether no other host is reached.
  returned: success
  type: bool
"""

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.proof import converge
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run

PLACE = {name: {"type": "str", "required": True} for name in ("address", "node_id", "hostname")}

OPTIONS = {
    "name": {"type": "str", "required": True},
    "pool": {"type": "str", "required": True},
    "places": {"type": "list", "elements": "dict", "required": True, "options": PLACE},
    "tolerant": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 45},
}


def main() -> None:
    run(define_module(OPTIONS), converge, only_asks=True)


if __name__ == "__main__":
    main()
