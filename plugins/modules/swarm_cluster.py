from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_cluster
short_description: Have this cluster's swarm on its first manager
version_added: 0.1.0
description:
  - Makes a swarm on a host that is in none, labels it as this cluster's, and returns its id and nodes.
  - An engine that still holds port 7946 of an earlier swarm is restarted first; see M(alparque.festival.swarm_member).
  - A swarm without that label was made by somebody else, and is left alone unless O(takeover) is set. Several clusters may use
    one swarm in this way; each is named in the label.
  - With O(state=absent) takes this cluster's name off the label and says whether the swarm stays because others use it.
extends_documentation_fragment: alparque.festival.engine
options:
  state:
    description: Whether this cluster uses the swarm. The swarm itself ends when its hosts leave it.
    type: str
    choices: [present, absent]
    default: present
  owner:
    description: What has to be in the label C(festival.cluster) by which the swarm is known as this cluster's.
    type: str
    required: true
  advertise_addr:
    description: Address under which the other hosts reach this one. Required unless O(state=absent).
    type: str
  address_pools:
    description: Subnets (CIDR) from which overlay networks without a subnet of their own are cut. Empty leaves the engine's default.
    type: list
    elements: str
    default: []
  subnet_size:
    description: Prefix length of what is cut from O(address_pools), in bits.
    type: int
    default: 24
  create:
    description: Make the swarm where there is none. When false, that is an error.
    type: bool
    default: true
  takeover:
    description: Use a swarm that somebody else made.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Have the swarm
  alparque.festival.swarm_cluster:
    owner: festival
    advertise_addr: 10.213.0.2
  register: cluster
"""

RETURN = r"""
stays:
  description: Whether the swarm is also, or only, somebody else's.
  returned: with O(state=absent)
  type: bool
users:
  description: The other clusters that use it, by their prefixes.
  returned: with O(state=absent)
  type: list
  elements: str
swarm:
  description: The swarm; id null and no nodes where check mode would make it.
  returned: with O(state=present)
  type: dict
  contains:
    id:
      description: The swarm's id.
      type: str
    node_id:
      description: The id of this manager's own node.
      type: str
    address:
      description: The address under which its engine speaks to the others.
      type: str
    nodes:
      description: Its nodes by id.
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
"""

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.cluster import converge
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run


def main() -> None:
    module = define_module(
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "owner": {"type": "str", "required": True},
            "advertise_addr": {"type": "str"},
            "address_pools": {"type": "list", "elements": "str", "default": []},
            "subnet_size": {"type": "int", "default": 24},
            "create": {"type": "bool", "default": True},
            "takeover": {"type": "bool", "default": False},
        },
        required_if=[("state", "present", ["advertise_addr"])],
    )
    run(module, converge)


if __name__ == "__main__":
    main()
