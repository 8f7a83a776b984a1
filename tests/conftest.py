"""Let the tests import the collection as Ansible does, from whichever folder the checkout lies in."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

import order
import pytest
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = Path(__file__).parents[1]
#: How far tests step back for those that take longest: to a third of what those get where both want all of it.
NICE = 5

# ansible-test brings a finder of its own; plain pytest has none yet. The packages of the PyPI package
# `ansible` come after the checkout, so that community.docker is found as well.
if AnsibleCollectionConfig.collection_finder is None:
    _AnsibleCollectionFinder(paths=[str(CHECKOUT / ".collections"), *sys.path])._install()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name tests of long texts shortly: a test's name is in the environment of what it starts, where a megabyte has no room."""
    return f"{argname} of {len(val)}" if isinstance(val, str | bytes) and len(val) > 100 else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Have the others step back for the longest tests, once their hosts stand: an engine that they start is for all."""
    if "PYTEST_XDIST_WORKER" in os.environ and not item.nodeid.endswith(f"@{order.LONGEST}"):
        step_back()


@functools.cache
def step_back() -> None:
    """Leave this process, and all that it starts from now on, what the one with the longest tests does not use.

    Linux shares the cores out among sessions first (sched(7), "The autogroup feature"), and a host's containers are no part of this one.
    """
    os.nice(NICE)
    autogroup = Path("/proc/self/autogroup")
    if autogroup.exists():
        os.setsid()
        autogroup.write_text(str(NICE))
