from __future__ import annotations

DOCUMENTATION = r"""
module: lab_hosts
short_description: Raise hosts as containers on this machine
version_added: 0.1.0
description:
  - Raises containers that look like machines (systemd, sshd, an address, an identity of their own) on a bridge network,
    all at once, and returns when each of them can be logged in to.
  - Everything it makes carries the lab's name as a label. Only that is ever changed or removed.
  - A host whose specification changed is made anew, empty. One that was stopped is started.
extends_documentation_fragment: alparque.festival.engine
options:
  name:
    description: Name of the lab. Its network has it, and its containers begin with it.
    type: str
    required: true
  state:
    description: V(absent) removes hosts, volumes, network, and the images of O(remove_images).
    type: str
    choices: [present, absent]
    default: present
  subnet:
    description: IPv4 range of the lab's network. It must not collide with a network of this machine.
    type: str
  image:
    description: Image of the hosts, named by its content. Where the name changes, the hosts are made anew.
    type: str
  hosts:
    description: The hosts. A standing host of this lab that is not listed is removed.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the host.
        type: str
        required: true
      address:
        description: Its address. Default is the next free one of O(subnet).
        type: str
      groups:
        description: Its groups in the inventory. Default is V(festival_managers) for the first host, V(festival_hosts) for others.
        type: list
        elements: str
      password:
        description: Password that root may log in with. Such a host does not know O(public_key).
        type: str
  public_key:
    description: The ssh key that may log in to the hosts as root.
    type: str
  timeout:
    description: Seconds to wait for the hosts.
    type: int
    default: 90
  remove_images:
    description: Repository name whose images O(state=absent) removes, unless another lab uses them.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Raise two hosts
  alparque.festival.lab_hosts:
    name: alparque
    subnet: 10.213.0.0/24
    image: festival/lab-host:3f9a6c21b07d
    public_key: "{{ lookup('ansible.builtin.file', 'id_ed25519.pub') }}"
    hosts:
      - name: aterciopelados
      - name: mana
"""

RETURN = r"""
hosts:
  description: What is known of each host, by name.
  returned: always
  type: dict
  contains:
    address:
      description: Its address.
      type: str
      sample: 10.213.0.2
    state:
      description:
        - C(present), C(created), C(recreated), C(started), C(unpaused) or C(admitted) (our key was added).
        - In check mode what is to be done, C(create), C(recreate), C(start), C(unpause), C(admit) or C(present).
      type: str
    host_key:
      description: Type and value of its ssh host key. In check mode only of hosts that are up.
      type: str
    container:
      description: Name of its container. In check mode only of hosts that are up.
      type: str
removed:
  description: Hosts that left the list, or what O(state=absent) removed.
  returned: always
  type: list
  elements: str
resolvers:
  description: Name servers of this machine that hosts can reach, too.
  returned: state is present
  type: list
  elements: str
"""

from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.lab.hosts import converge


def main() -> None:
    host = {
        "name": {"type": "str", "required": True},
        "address": {"type": "str"},
        "groups": {"type": "list", "elements": "str"},
        "password": {"type": "str", "no_log": True},
    }
    module = define_module(
        {
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "subnet": {"type": "str"},
            "image": {"type": "str"},
            "hosts": {"type": "list", "elements": "dict", "default": [], "options": host},
            "public_key": {"type": "str", "no_log": False},
            "timeout": {"type": "int", "default": 90},
            "remove_images": {"type": "str", "default": ""},
        },
        required_if=[("state", "present", ("subnet", "image", "public_key"))],
    )
    run(module, converge)


if __name__ == "__main__":
    main()
