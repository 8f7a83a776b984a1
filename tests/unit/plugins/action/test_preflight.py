"""What the action plugin reads from the roles; its runs are in tests/integration/test_bad_inputs.py."""

from __future__ import annotations

import re

import pytest
import yaml
from ansible_collections.alparque.festival.plugins.action.preflight import ROLES
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.arguments import documented_names
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.values import (
    CHOICES,
    FORMS,
    NUMBERS,
    SWITCHES,
)


def test_every_default_is_documented() -> None:
    """Else a right variable would be taken for a misspelt one."""
    defaults = [
        name
        for path in ROLES.glob("*/defaults/main.yml")
        for name in yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    ]
    assert sorted(set(defaults) - set(documented_names())) == []


@pytest.mark.parametrize("table", [NUMBERS, SWITCHES, CHOICES, FORMS], ids=["numbers", "switches", "choices", "forms"])
def test_every_judged_variable_is_documented(table: dict) -> None:
    """A check of a variable that no role has is dead."""
    assert sorted(set(table) - set(documented_names())) == []


@pytest.mark.parametrize("role", ["festival", "job"])
def test_docs_list_each_variable_with_its_default(role: str) -> None:
    """docs/variables.md and the role's defaults cannot drift apart; a default that is worked out is told in words."""
    defaults = yaml.safe_load((ROLES / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    table = (ROLES.parent / "docs" / "variables.md").read_text(encoding="utf-8").partition("Worked out, and there")
    rows = dict(re.findall(rf"^\| `({role}_\w+)` \| (.*?) \|", table[0] + table[2], re.MULTILINE))
    said = {name: yaml.safe_load(text.strip("`")) for name, text in rows.items() if re.fullmatch("`[^`]*`", text)}
    wrong = {
        name for name, value in defaults.items() if name in said and said[name] != value and "{{" not in str(value)
    }
    assert [name for name in defaults if name not in rows] == [] and wrong == set()
