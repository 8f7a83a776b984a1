from __future__ import annotations

DOCUMENTATION = r"""
module: base_image
short_description: Bring the image that others build on to an engine
version_added: 0.1.0
description:
  - Leaves an image that the engine holds alone, else pulls it, else makes it from Debian's packages with mmdebstrap.
  - So the same name works on a laptop, behind a mirror, and where no image registry can be reached at all.
extends_documentation_fragment: alparque.festival.engine
options:
  name:
    description: Name of the image, with its tag.
    type: str
    required: true
  state:
    description: V(absent) removes an image that was bootstrapped by this module, once nothing stands on it, and no other.
    type: str
    choices: [present, absent]
    default: present
  source:
    description: Where an image comes from that the engine lacks. V(auto) pulls, and bootstraps where that fails.
    type: str
    choices: [auto, pull, bootstrap]
    default: auto
  suite:
    description: Debian suite to bootstrap. Default is the tag, where O(name) is C(debian:<suite>).
    type: str
requirements:
  - mmdebstrap and debian-archive-keyring, where an image is bootstrapped
"""

EXAMPLES = r"""
- name: Have Debian 13 to build on
  alparque.festival.base_image:
    name: debian:trixie

- name: Take an image of a registry, or fail
  alparque.festival.base_image:
    name: rocker/r-ver:4.5.0
    source: pull
"""

RETURN = r"""
id:
  description: The engine's id of the image; null where check mode can't know it yet.
  returned: always
  type: str
name:
  description: Name of the image.
  returned: always
  type: str
  sample: debian:trixie
source:
  description: Where it came from, C(present), C(pull) or C(bootstrap); null where check mode can't know it yet.
  returned: always
  type: str
"""

from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.images.base import converge


def main() -> None:
    module = define_module(
        {
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "source": {"type": "str", "choices": ["auto", "pull", "bootstrap"], "default": "auto"},
            "suite": {"type": "str"},
        }
    )
    run(module, converge)


if __name__ == "__main__":
    main()
