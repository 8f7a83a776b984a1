"""Rules of real firewalls, as they lie on a host."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.hosts import firewall as host_firewall


@pytest.mark.parametrize(
    ("config", "firewalld", "found"),
    [
        ("ENABLED=yes\nLOGLEVEL=low\n", False, "ufw"),
        ("ENABLED=no\n", False, None),
        ("ENABLED=no\n", True, "firewalld"),
        ("", True, "firewalld"),
        ("", False, None),
    ],
)
def test_active(config: str, firewalld: bool, found: str | None) -> None:
    assert host_firewall.active(config, lambda: firewalld) == found


def test_ufw_allows(recorded: t.Callable) -> None:
    """What is allowed to everybody is left out; ports are in ufw's order, with and without a comment."""
    assert host_firewall.ufw_allows(recorded("ufw_user.rules")) == [
        "10.214.0.2 esp any",
        "10.214.0.2 tcp 7946",
        "10.214.0.2 udp 4789,7946",
        "10.214.0.8 tcp 443,2377,7946",
        "10.214.0.9 tcp 2377,5000,7946",
    ]


def test_firewalld_allows(recorded: t.Callable) -> None:
    assert host_firewall.firewalld_allows(recorded("firewalld_public.xml")) == [
        "10.214.0.2 esp any",
        "10.214.0.2 tcp 7946",
        "10.214.0.2 udp 4789",
        "10.214.0.2 udp 7946",
    ]


def test_no_rules() -> None:
    assert host_firewall.ufw_allows("") == []
    assert host_firewall.firewalld_allows("") == []
