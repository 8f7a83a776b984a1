from __future__ import annotations

DOCUMENTATION = r"""
name: folder
short_description: The text files below a folder, as a dict
version_added: 0.1.0
author:
  - The alparque.festival authors (@alparque)
description:
  - Reads every file below a folder that is found as M(ansible.builtin.copy) finds its sources.
  - Returns one dict, text by path relative to the folder's parent, ready for the O(alparque.festival.images#module:images[].files) option.
options:
  _terms:
    description: Folders, relative to the role's C(files/).
    required: true
"""

EXAMPLES = r"""
- name: Show the sources of the R package
  ansible.builtin.debug:
    msg: "{{ lookup('alparque.festival.folder', 'festival').keys() | list }}"
"""

RETURN = r"""
_raw:
  description: One dict per term, text by path.
  type: list
  elements: dict
"""

from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase


def read_folder(folder: Path) -> dict[str, str]:
    """Return the text of every file below ``folder`` but compiled Python, by its path from the folder's parent."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    try:
        return {str(path.relative_to(folder.parent)): path.read_text(encoding="utf-8") for path in files}
    except UnicodeDecodeError as error:
        raise AnsibleError(f"Folder {folder} holds a file that is not text: {error}. Take it out.") from error


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict | None = None, **kwargs: object) -> list[dict[str, str]]:
        return [read_folder(self._find(variables, term)) for term in terms]

    def _find(self, variables: dict | None, term: str) -> Path:
        found = self.find_file_in_search_path(variables, "files", term)
        if not found or not Path(found).is_dir():
            raise AnsibleError(f"Folder {term} was not found below any files/ folder. Check the name.")
        return Path(found)
