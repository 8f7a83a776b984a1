from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_member
short_description: Make a host a member of this swarm, or of none
version_added: 0.1.0
description:
  - Joins, and returns when a manager has accepted the node. A join that fails is undone, so that the host is in no swarm, as before.
  - An engine that still holds port 7946 of an earlier swarm would be cut off from the overlay networks of this one, and nothing
    would show it. It is restarted before it joins.
  - The swarm is known by the ids of its nodes. A host that is in another one is an error unless O(takeover) is set.
extends_documentation_fragment: alparque.festival.engine
options:
  name:
    description: Name of the host in messages.
    type: str
    required: true
  state:
    description: Whether the host is to be in the swarm. C(absent) leaves whatever swarm it is in.
    type: str
    choices: [present, absent]
    default: present
  node_ids:
    description: Ids of the nodes that the swarm has now (RV(alparque.festival.swarm_cluster#module:swarm.nodes)).
    type: list
    elements: str
    default: []
  managers:
    description: Addresses of managers to join at.
    type: list
    elements: str
    default: []
  token:
    description: Join token for the role that the host is to have.
    type: str
  advertise_addr:
    description: Address under which the other hosts reach this one.
    type: str
  takeover:
    description: Leave another swarm to join this one.
    type: bool
    default: false
  timeout:
    description: Seconds to wait for the manager's acceptance.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Join
  alparque.festival.swarm_member:
    name: "{{ inventory_hostname }}"
    node_ids: "{{ cluster.swarm.nodes.keys() }}"
    managers: [10.213.0.2]
    token: "{{ join.tokens.worker }}"
    advertise_addr: 10.213.0.3
"""

RETURN = r"""
node_id:
  description: The host's node id; null when it is in no swarm or check mode can't know it.
  returned: success
  type: str
address:
  description: The address under which its engine speaks to the others; null when it is in no swarm or check mode can't know it.
  returned: success
  type: str
restarted:
  description: Whether its engine was restarted before it joined.
  returned: success
  type: bool
"""

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.member import converge
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run


def main() -> None:
    module = define_module(
        {
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "node_ids": {"type": "list", "elements": "str", "default": []},
            "managers": {"type": "list", "elements": "str", "default": []},
            "token": {"type": "str", "no_log": True},
            "advertise_addr": {"type": "str"},
            "takeover": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 60},
        }
    )
    run(module, converge)


if __name__ == "__main__":
    main()
