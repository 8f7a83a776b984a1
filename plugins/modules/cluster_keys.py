from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_keys
short_description: Have the ssh keys and the token by which a cluster's masters and workers know each other
version_added: 0.1.0
description:
  - Has one ed25519 key pair for the cluster and one ed25519 host key for all its workers, with the C(authorized_keys) and the
    C(known_hosts) that belong to them. The keys are made in memory on this host; a private half is never returned.
  - A version is four objects that are made together. Where one is missing or of another set, all four are made anew, unless
    something uses what is left, which is an error. What was made of a set that could not be finished is removed again.
  - Has a token for O(pool) as well, 32 random bytes as hex digits, by which masters and workers of the C(socket) engine prove
    to each other that they belong together. Each pool has its own; the keys are all pools'. It is never returned.
  - Rotation is a higher O(version). Other versions are removed as soon as nothing uses them, and reported as long as
    something does.
extends_documentation_fragment: alparque.festival.engine
options:
  state:
    description: Whether there are to be keys. V(absent) removes all versions, once nothing uses them any more.
    type: str
    choices: [present, absent]
    default: present
  backend:
    description:
      - What runs the containers that are to have them.
      - V(swarm) keeps the secrets C(<prefix>-ssh-key-v<N>) and C(<prefix>-host-key-v<N>) and the configs
        C(<prefix>-authorized-keys-v<N>) and C(<prefix>-known-hosts-v<N>), and the secret C(<pool>-token-v<N>). Run it on
        a manager.
      - V(docker) keeps C(v<N>/ssh_key), C(host_key), C(authorized_keys) and C(known_hosts) in O(directory), and
        C(pools/<pool>/v<N>/token), mode 0400.
    type: str
    default: swarm
  prefix:
    description: What the names begin with in a Swarm.
    type: str
    default: festival
  pool:
    description: Name of the pool that is to have a token. Without it there is none.
    type: str
  version:
    description: Number of the set.
    type: int
    default: 1
  directory:
    description: Folder for the files, with O(backend=docker).
    type: path
  uid:
    description: User and group that own the files.
    type: int
    default: 0
requirements:
  - cryptography 38 or newer (C(python3-cryptography) on Debian)
"""

EXAMPLES = r"""
- name: Have the cluster's keys and a pool's token in the Swarm
  alparque.festival.cluster_keys:
    pool: festival-pool
    version: 1

- name: Have them as files of a host without a Swarm
  alparque.festival.cluster_keys:
    backend: docker
    directory: /var/lib/festival/trust
    uid: 2000
"""

RETURN = r"""
version:
  description: Number of the set.
  returned: with O(state=present)
  type: int
fingerprint:
  description: Fingerprint of the cluster's public key; null where check mode would make it.
  returned: with O(state=present)
  type: str
host_fingerprint:
  description: Fingerprint of the workers' host key; null where check mode would make it.
  returned: with O(state=present)
  type: str
objects:
  description:
    - By part (C(ssh_key), C(host_key), C(authorized_keys), C(known_hosts), C(token)), the C(name) and C(id) of its secret or config,
      or the C(path) of its file.
  returned: with O(state=present)
  type: dict
removed:
  description: Other versions that nothing used and that were removed; all of them with O(state=absent).
  returned: always
  type: list
  elements: int
old:
  description: Other versions that are left, by number, with what uses them.
  returned: with O(state=present)
  type: dict
  sample: {"1": ["service festival-workers"]}
"""

import typing as t

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import (
    DEFAULT_BACKEND,
    backend_named,
    connect,
)
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.trust.cluster_keys import converge, remove_all
from ansible_collections.alparque.festival.plugins.module_utils.trust.keys import MISSING
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import KEYS, TOKEN


def have_keys(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Have the cluster's keys, and the pool's token, where the backend's containers can mount them."""
    keep = backend_named(params["backend"]).keys
    stores = [keep(client, KEYS, params["prefix"], params)]
    if params["pool"]:
        stores.append(keep(client, TOKEN, params["pool"], params))
    if params["state"] == "absent":
        return remove_all(stores, check_mode)
    return converge(stores, params["version"], check_mode)


def main() -> None:
    module = define_module(
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "backend": {"type": "str", "default": DEFAULT_BACKEND},
            "prefix": {"type": "str", "default": "festival"},
            "pool": {"type": "str"},
            "version": {"type": "int", "default": 1},
            "directory": {"type": "path"},
            "uid": {"type": "int", "default": 0},
        },
    )
    if MISSING and not module.check_mode:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=MISSING)
    run(module, have_keys, connected=connect)


if __name__ == "__main__":
    main()
