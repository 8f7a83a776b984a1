from __future__ import annotations

DOCUMENTATION = r"""
module: images
short_description: Build and push images that are named by their content
version_added: 0.1.0
description:
  - Builds a chain of images on the host's engine and pushes them to a registry, in one call.
  - An image is tagged with the first 12 hex digits of the SHA-256 of its parent, its Dockerfile and its files.
    Where that name exists, nothing is built; where the registry holds it, nothing is pushed.
extends_documentation_fragment: alparque.festival.engine
options:
  registry:
    description: Address (C(host:port)) of the registry to push to. Empty keeps the images on this engine.
    type: str
    default: ""
  images:
    description: The images, parents before those that build on them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Repository name, without tag.
        type: str
        required: true
      parent:
        description: An image that the engine holds, or the O(images[].name) of an earlier entry.
        type: str
        required: true
      dockerfile:
        description: Text of the Dockerfile. It begins with C(ARG PARENT) and C(FROM ${PARENT}).
        type: str
        required: true
      files:
        description: The build context, text by path. Files that begin with C(#!) are executable.
        type: dict
        default: {}
      label_files:
        description:
          - Labels of the image whose values are the texts of files in its parent, path by label. So it is known without a container
            what is in an image.
        type: dict
        default: {}
"""

EXAMPLES = r"""
- name: Build the worker image
  alparque.festival.images:
    registry: 10.213.0.2:5000
    images:
      - name: festival/worker
        parent: debian:trixie
        dockerfile: "{{ lookup('ansible.builtin.template', 'worker.Dockerfile.j2') }}"
        files:
          sshd_config: "{{ lookup('ansible.builtin.template', 'sshd_config.j2') }}"
"""

RETURN = r"""
images:
  description: What is known of each image, by repository name.
  returned: always
  type: dict
  contains:
    name:
      description: Repository and content tag; null where check mode can't know it yet.
      type: str
      sample: festival/worker:3f9a6c21b07d
    id:
      description: The engine's image id.
      type: str
    digest:
      description: Repository and manifest digest in the registry, to pin what runs; null without a registry.
      type: str
    labels:
      description: Its labels; none where check mode can't know them yet.
      type: dict
    state:
      description: C(present), C(built), C(pushed), or in check mode C(to build), C(to push).
      type: str
registry_refusal:
  description:
    - Why the registry did not answer in check mode, where digests are then those under which the engine has pushed; null where it did.
  returned: always
  type: str
step:
  description: The Dockerfile step that failed.
  returned: when a build fails
  type: str
"""

from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.images.chain import converge


def main() -> None:
    image = {
        "name": {"type": "str", "required": True},
        "parent": {"type": "str", "required": True},
        "dockerfile": {"type": "str", "required": True},
        "files": {"type": "dict", "default": {}},
        "label_files": {"type": "dict", "default": {}},
    }
    module = define_module(
        {
            "registry": {"type": "str", "default": ""},
            "images": {"type": "list", "elements": "dict", "required": True, "options": image},
        }
    )
    run(module, converge)


if __name__ == "__main__":
    main()
