from __future__ import annotations

DOCUMENTATION = r"""
module: key_exchange
short_description: Let the controller into a host that so far takes only a password
version_added: 0.1.0
description:
  - Tries key login first. Where it works and the host key is known, nothing is done and the password is not used.
  - Else logs in with the password once, adds the public key to the user's C(authorized_keys), records the host key in
    C(known_hosts), and proves that key login works with strict host key checking.
  - Checks the host key before the password is sent. A host key that differs from the recorded one is always an error.
  - Runs on the controller, delegated to localhost, for any number of hosts at once.
options:
  host:
    description: Name or address of the host, as ssh is to know it.
    type: str
    required: true
  port:
    description: Port of its sshd.
    type: int
    default: 22
  user:
    description: User to log in as.
    type: str
    required: true
  password:
    description: The user's password there. It may come from a vault.
    type: str
  private_key:
    description: The controller's private key, without a passphrase. Made (ed25519, mode 0600) where there is none. It is not sent.
    type: path
    default: ~/.ssh/id_ed25519
  known_hosts:
    description: The controller's file of host keys.
    type: path
    default: ~/.ssh/known_hosts
  host_key:
    description:
      - What host key is accepted of a host that is not in O(known_hosts), its C(SHA256:…) fingerprint or V(accept_new).
      - A fingerprint must also be that of a host that is recorded already.
    type: str
    default: accept_new
  timeout:
    description: Seconds to wait for each answer of the host.
    type: int
    default: 15
requirements:
  - paramiko 3.2 or newer on the controller
author:
  - The alparque.festival authors (@alparque)
attributes:
  check_mode:
    description: Logs in, with the password where the key is not taken yet, and changes nothing.
    support: full
  diff_mode:
    description: Returns which of key and host key were known.
    support: full
  idempotent:
    description: A second run with the same parameters changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Let the controller in
  alparque.festival.key_exchange:
    host: "{{ ansible_host }}"
    user: "{{ ansible_user }}"
    password: "{{ key_exchange_password }}"
    host_key: SHA256:uNiVztksCsDhcc0u9e8BrrYFhDDvT9TLbIr3pmYzTZs
  delegate_to: localhost
"""

RETURN = r"""
installed:
  description: Whether the public key was added to the user's authorized_keys, or would be.
  returned: always
  type: bool
recorded:
  description: Whether the host key was added to known_hosts, or would be.
  returned: always
  type: bool
host_key:
  description: Type and fingerprint of the host key.
  returned: always
  type: str
  sample: ssh-ed25519 SHA256:uNiVztksCsDhcc0u9e8BrrYFhDDvT9TLbIr3pmYzTZs
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.alparque.festival.plugins.module_utils.frame import run_local
from ansible_collections.alparque.festival.plugins.module_utils.trust.key_exchange import MISSING, converge


def main() -> None:
    options = {
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "default": 22},
        "user": {"type": "str", "required": True},
        "password": {"type": "str", "no_log": True},
        "private_key": {"type": "path", "default": "~/.ssh/id_ed25519", "no_log": False},
        "known_hosts": {"type": "path", "default": "~/.ssh/known_hosts"},
        "host_key": {"type": "str", "default": "accept_new", "no_log": False},
        "timeout": {"type": "int", "default": 15},
    }
    run_local(AnsibleModule(options, supports_check_mode=True), converge, "paramiko", MISSING)


if __name__ == "__main__":
    main()
