"""Let the tests import the collection as Ansible does, from whichever folder the checkout lies in."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

import pytest
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = Path(__file__).parents[2]
RECORDED = Path(__file__).parent / "recorded"

# ansible-test brings a finder of its own; plain pytest has none yet. The packages of the PyPI package
# `ansible` come after the checkout, so that community.docker is found as well.
if AnsibleCollectionConfig.collection_finder is None:
    _AnsibleCollectionFinder(paths=[str(CHECKOUT / ".collections"), *sys.path])._install()


@pytest.fixture
def recorded() -> t.Callable[[str], t.Any]:
    """Return a function that reads what a real engine or kernel once said: recorded("info_bare.json")."""

    def read(name: str) -> t.Any:
        text = (RECORDED / name).read_text(encoding="utf-8")
        return json.loads(text) if name.endswith(".json") else text

    return read
