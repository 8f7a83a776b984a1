"""The lab itself: raised twice, let in by password, and removed without a trace."""

from __future__ import annotations

import pytest
from real_hosts import run
from small_lab import SmallLab

pytestmark = pytest.mark.bare


def test_twice_is_once(small: SmallLab) -> None:
    assert small.lab().changed == {"localhost": 0}
    assert small.lab("--check").changed == {"localhost": 0}


def test_wrong_password(small: SmallLab) -> None:
    refused = small.play("key_exchange", "--limit", SmallLab.LOCKED, key_exchange_password="wrong", fails=True)
    assert SmallLab.LOCKED in refused.said
    assert "password" in refused.said


def test_password_is_used_once(small: SmallLab) -> None:
    """By password the key is installed; then the key alone is enough."""
    assert small.play("key_exchange", key_exchange_password=SmallLab.PASSWORD).changed[SmallLab.LOCKED] == 1
    assert not any(small.play("key_exchange", key_exchange_password=SmallLab.PASSWORD).changed.values())
    greeting = run("ansible", "-i", small.inventory, SmallLab.LOCKED, "-m", "ping", "-e", "ansible_password=")
    assert "pong" in greeting.output
