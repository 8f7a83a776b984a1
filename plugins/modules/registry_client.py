from __future__ import annotations

DOCUMENTATION = r"""
module: registry_client
short_description: Let this host's engine use a registry that serves only clients with a certificate
version_added: 0.1.0
description:
  - Without O(ca), asks the registry whether it serves this host, which it does when this host's certificate is of the
    registry's present authority and good for 30 days or more. Has a private key, which stays on this host, and returns a
    signing request for M(alparque.festival.registry_authority).
  - With O(ca) and O(certificate), installs them beside the key and waits until the registry serves this host.
  - C(client.key) (0600), C(client.cert) and C(ca.crt) lie where the engine looks for them at every pull. It need not restart.
options:
  address:
    description: Address of the registry, C(host:port), as it stands in the names of images.
    type: str
    required: true
  directory:
    description: The engine's folder of registries' certificates.
    type: path
    default: /etc/docker/certs.d
  name:
    description: Name of this host in its certificate.
    type: str
    required: true
  recipe:
    description: What the registry must say in its header C(X-Festival-Recipe). Not checked by default.
    type: str
  ca:
    description: Certificate of the present authority, in PEM.
    type: str
  certificate:
    description:
      - Certificate for this host's key, in PEM.
      - A present certificate of the same authority that is good for 30 days or more is kept instead.
    type: str
  timeout:
    description: Seconds to wait for the registry after installing.
    type: int
    default: 60
requirements:
  - cryptography 38 or newer (C(python3-cryptography) on Debian)
author:
  - The alparque.festival authors (@alparque)
attributes:
  check_mode:
    description: Says what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns why the registry does not serve this host.
    support: full
  idempotent:
    description: A second run with the same parameters changes nothing.
    support: full
seealso:
  - module: alparque.festival.registry_authority
"""

EXAMPLES = r"""
- name: Ask whether the registry serves this host
  alparque.festival.registry_client:
    address: 10.213.0.2:5000
    name: "{{ inventory_hostname }}"
  register: client

- name: Install this host's certificate
  alparque.festival.registry_client:
    address: 10.213.0.2:5000
    name: "{{ inventory_hostname }}"
    certificate: "{{ authority.certificates[inventory_hostname] }}"
    ca: "{{ authority.ca }}"
"""

RETURN = r"""
served:
  description: Whether the registry serves this host.
  returned: always
  type: bool
reason:
  description: Why it does not; null where it does.
  returned: always
  type: str
  sample: this host has no certificate for it yet
csr:
  description:
    - A signing request in PEM; null in check mode and where something was given to install.
    - It is there also where the registry serves this host, for another host may bring about that the authority is made anew.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.alparque.festival.plugins.module_utils.frame import run_local
from ansible_collections.alparque.festival.plugins.module_utils.trust.certificates import MISSING
from ansible_collections.alparque.festival.plugins.module_utils.trust.registry import converge_client


def main() -> None:
    options = {
        "address": {"type": "str", "required": True},
        "directory": {"type": "path", "default": "/etc/docker/certs.d"},
        "name": {"type": "str", "required": True},
        "recipe": {"type": "str"},
        "ca": {"type": "str"},
        "certificate": {"type": "str"},
        "timeout": {"type": "int", "default": 60},
    }
    module = AnsibleModule(options, supports_check_mode=True, required_together=[("ca", "certificate")])
    run_local(module, converge_client, "cryptography", MISSING)


if __name__ == "__main__":
    main()
