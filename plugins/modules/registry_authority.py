from __future__ import annotations

DOCUMENTATION = r"""
module: registry_authority
short_description: Have a certificate authority for a private registry and sign its clients' certificates
version_added: 0.1.0
description:
  - Has an authority and a server certificate in a folder of this host, and signs any number of requests in one call.
  - What is missing, damaged, of another authority, for other addresses, or ends in less than 30 days is made anew.
  - The private keys (C(ca.key), C(server.key), mode 0600) never leave the folder; all that is returned is public.
options:
  directory:
    description: Folder for C(ca.key), C(ca.crt), C(server.key) and C(server.crt).
    type: path
    required: true
  addresses:
    description: Host names and IP addresses by which clients reach the registry.
    type: list
    elements: str
    required: true
  requests:
    description:
      - Signing requests in PEM, by host name, as M(alparque.festival.registry_client) reports them.
      - A certificate is for a client of this name and for nothing else, whatever the request asks for.
    type: dict
    default: {}
  days:
    description: How long new certificates are valid.
    type: int
    default: 1825
requirements:
  - cryptography 38 or newer (C(python3-cryptography) on Debian)
author:
  - The alparque.festival authors (@alparque)
attributes:
  check_mode:
    description: Says what would change and changes nothing.
    support: full
  diff_mode:
    description: Returns what was wrong with authority and server certificate.
    support: full
  idempotent:
    description: A second run with the same parameters changes nothing. Signing requests stores nothing here.
    support: full
seealso:
  - module: alparque.festival.registry_client
"""

EXAMPLES = r"""
- name: Sign the hosts' requests
  alparque.festival.registry_authority:
    directory: /var/lib/festival/registry/tls
    addresses: [10.213.0.2]
    requests: "{{ requests }}"
  register: authority
"""

RETURN = r"""
ca:
  description: The authority's certificate in PEM.
  returned: always
  type: str
certificates:
  description: The signed certificates in PEM, by host name.
  returned: always
  type: dict
fingerprint:
  description: SHA-256 fingerprint of the server certificate.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.alparque.festival.plugins.module_utils.frame import run_local
from ansible_collections.alparque.festival.plugins.module_utils.trust.certificates import MISSING
from ansible_collections.alparque.festival.plugins.module_utils.trust.registry import converge_authority


def main() -> None:
    options = {
        "directory": {"type": "path", "required": True},
        "addresses": {"type": "list", "elements": "str", "required": True},
        "requests": {"type": "dict", "default": {}},
        "days": {"type": "int", "default": 1825},
    }
    run_local(AnsibleModule(options, supports_check_mode=True), converge_authority, "cryptography", MISSING)


if __name__ == "__main__":
    main()
