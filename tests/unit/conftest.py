"""What real engines and kernels once said."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

RECORDED = Path(__file__).parent / "recorded"
ERRORS = Path(__file__).parents[2] / "docs" / "errors.md"


@pytest.fixture
def recorded() -> t.Callable[[str], t.Any]:
    """Return a function that reads what a real engine or kernel once said: recorded("info_bare.json")."""

    def read(name: str) -> t.Any:
        text = (RECORDED / name).read_text(encoding="utf-8")
        return json.loads(text) if name.endswith(".json") else text

    return read


@pytest.fixture
def documented() -> t.Callable[[str], str]:
    """Return a function that reads what docs/errors.md has for what was found: documented("Port of the gossip held")."""
    lines = ERRORS.read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return dict(rows).__getitem__
