"""What the action plugin reads from the roles; its runs are in tests/integration/test_bad_inputs.py."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.alparque.festival.plugins.action.preflight import ROLES, documented_names
from ansible_collections.alparque.festival.plugins.module_utils.preflight.values import CHOICES, FORMS, NUMBERS


def test_every_default_is_documented() -> None:
    """Else a right variable would be taken for a misspelt one."""
    defaults = [
        name
        for path in ROLES.glob("*/defaults/main.yml")
        for name in yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    ]
    assert sorted(set(defaults) - set(documented_names())) == []


@pytest.mark.parametrize("table", [NUMBERS, CHOICES, FORMS], ids=["numbers", "choices", "forms"])
def test_every_judged_variable_is_documented(table: dict) -> None:
    """A check of a variable that no role has is dead."""
    assert sorted(set(table) - set(documented_names())) == []
