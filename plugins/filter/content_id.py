from __future__ import annotations

DOCUMENTATION = r"""
name: content_id
short_description: A name that changes with the content
version_added: 0.2.0
description:
  - Turns a structure into 12 hex digits, by which jobs, images and lab hosts are named by what they are made of.
  - Lists, dictionaries and types count, so that neither neighbours nor types run into each other. The order of keys does not.
options:
  _input:
    description: Text, numbers, booleans, null, lists, and dictionaries whose keys are text.
    type: raw
    required: true
author:
  - The alparque.festival authors (@alparque)
"""

EXAMPLES = r"""
- name: Name a configuration by its content
  ansible.builtin.set_fact:
    name: "registry-{{ [registry_image, registry_base] | alparque.festival.content_id }}"
"""

RETURN = r"""
_value:
  description: The 12 digits.
  type: str
"""

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.identity import content_id


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, t.Callable]:
        return {"content_id": content_id}
