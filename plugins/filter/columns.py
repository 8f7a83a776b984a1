from __future__ import annotations

DOCUMENTATION = r"""
name: columns
short_description: Lines of text with aligned columns
version_added: 0.2.0
description:
  - Turns rows of cells into lines whose columns begin below each other, two spaces apart.
options:
  _input:
    description: The rows, each a list of as many cells. What is null is an empty cell.
    type: list
    elements: list
    required: true
author:
  - The alparque.festival authors (@alparque)
"""

EXAMPLES = r"""
- name: Show who is here
  ansible.builtin.debug:
    msg: "{{ [['host', 'cores'], ['mana', 2]] | alparque.festival.columns }}"
"""

RETURN = r"""
_value:
  description: A line for each row.
  type: list
  elements: str
"""

import typing as t


def columns(rows: t.Iterable[t.Sequence[t.Any]]) -> list[str]:
    """Return a line for each row."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, t.Callable]:
        return {"columns": columns}
