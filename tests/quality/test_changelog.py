"""What the changelog is made of is YAML, says everything once, and is of kinds that there are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

CHANGELOGS = Path(__file__).parents[2] / "changelogs"
FRAGMENTS = sorted((CHANGELOGS / "fragments").glob("*.yml"))


def test_there_are_fragments() -> None:
    assert FRAGMENTS


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_fragment_can_be_read(path: Path) -> None:
    config = yaml.safe_load((CHANGELOGS / "config.yaml").read_text(encoding="utf-8"))
    kinds = [kind for kind, _title in config["sections"]]
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    found.pop(config["prelude_section_name"], "")
    assert [kind for kind in found if kind not in kinds] == []
    entries = [entry for entries in found.values() for entry in entries]
    assert [entry for entry in entries if not isinstance(entry, str)] == []
    assert [entry for entry, times in Counter(entries).items() if times > 1] == []
