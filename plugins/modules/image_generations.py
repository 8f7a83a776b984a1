from __future__ import annotations

DOCUMENTATION = r"""
module: image_generations
short_description: Remove images of earlier generations
version_added: 0.1.0
description:
  - Keeps the youngest images of each repository on the host's engine and removes the others, but never one that a container
    or a service uses.
  - On the host of the registry, deletes there what this engine no longer keeps, and has the registry free the space.
extends_documentation_fragment: alparque.festival.engine
options:
  repositories:
    description: Names of the repositories, without registry and tag.
    type: list
    elements: str
    required: true
  current:
    description: Names or digests of the images in use, which count as the youngest.
    type: list
    elements: str
    default: []
  keep:
    description: How many images of each repository stay, with the current one.
    type: int
    default: 2
  registry:
    description: Address (C(host:port)) of the registry that images were pushed to or pulled from. Empty where there is none.
    type: str
    default: ""
  container:
    description: Name of the registry's container, where it runs on this host. Empty leaves the registry alone.
    type: str
    default: ""
  certificates:
    description: Folder in which the engine keeps its certificates for registries.
    type: path
    default: /etc/docker/certs.d
seealso:
  - module: alparque.festival.images
"""

EXAMPLES = r"""
- name: Keep the image that runs and the one before it
  alparque.festival.image_generations:
    repositories: [festival/base, festival/worker, festival/master]
    current: ["{{ images_made.images['festival/worker'].digest }}"]
    registry: 10.213.0.2:5000
"""

RETURN = r"""
removed:
  description: Names of what was removed from the engine or the registry, or would be in check mode.
  returned: always
  type: list
  elements: str
  sample: [10.213.0.2:5000/festival/worker:3f9a6c21b07d]
"""

from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.images.generations import converge


def main() -> None:
    module = define_module(
        {
            "repositories": {"type": "list", "elements": "str", "required": True},
            "current": {"type": "list", "elements": "str", "default": []},
            "keep": {"type": "int", "default": 2},
            "registry": {"type": "str", "default": ""},
            "container": {"type": "str", "default": ""},
            "certificates": {"type": "path", "default": "/etc/docker/certs.d"},
        }
    )
    run(module, converge)


if __name__ == "__main__":
    main()
