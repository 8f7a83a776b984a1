from __future__ import annotations

DOCUMENTATION = r"""
name: missing_packages
short_description: R packages that a script asks for and an image lacks
version_added: 0.1.0
author:
  - The alparque.festival authors (@alparque)
description:
  - Reads the script and what it sources, as M(alparque.festival.job) does before it starts anything, and returns the names of packages
    that are asked for (C(library()) and its kin, C(pkg::name), C(.packages) and its like) and not there.
options:
  _terms:
    description: The script, on the controller.
    required: true
  files:
    description: Files, folders and patterns that the job has besides.
    type: list
    elements: path
    default: []
  installed:
    description: What the image's label says of its packages. Where it says nothing, none is missing.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what analysis.R misses
  ansible.builtin.debug:
    msg: "{{ lookup('alparque.festival.missing_packages', 'analysis.R', installed=label) }}"
"""

RETURN = r"""
_list:
  description: Names of packages.
  type: list
  elements: str
"""

from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import chosen, input_files
from ansible_collections.alparque.festival.plugins.plugin_utils.packages.advice import installed_in, missing


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict | None = None, **kwargs: object) -> list[list[str]]:
        self.set_options(var_options=variables, direct=kwargs)
        installed = installed_in(self.get_option("installed"))
        try:
            return [[name for script in map(Path, terms) for name in self._missing(script, installed)]]
        except FestivalError as error:
            raise AnsibleError(str(error)) from error

    def _missing(self, script: Path, installed: dict[str, str]) -> list[str]:
        if not installed:
            return []
        inputs = input_files(script, chosen(self.get_option("files")))
        return [each.package for each in missing(script.name, inputs, installed)]
