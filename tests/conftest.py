"""Let the tests import the collection as Ansible does, from whichever folder the checkout lies in."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = Path(__file__).parents[1]

# ansible-test brings a finder of its own; plain pytest has none yet. The packages of the PyPI package
# `ansible` come after the checkout, so that community.docker is found as well.
if AnsibleCollectionConfig.collection_finder is None:
    _AnsibleCollectionFinder(paths=[str(CHECKOUT / ".collections"), *sys.path])._install()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name tests of long texts shortly: a test's name is in the environment of what it starts, where a megabyte has no room."""
    return f"{argname} of {len(val)}" if isinstance(val, str | bytes) and len(val) > 100 else None
