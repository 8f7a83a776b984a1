"""Subnets, as users write them."""

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.subnets import parse_subnet


@pytest.mark.parametrize("text", ["10.77.0.0/20", "172.18.0.0/255.255.0.0"])
def test_a_subnet_is_read(text):
    assert parse_subnet(text) == (ipaddress.IPv4Network(text), "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10.77.3.1/20", "an address, not the subnet it lies in. Write 10.77.0.0/20."),
        ("10.77.0.0/33", "not an IPv4 subnet. Write one like"),
        ("fd00::/64", "not an IPv4 subnet"),
        (None, "not an IPv4 subnet"),
        ("", "not an IPv4 subnet"),
    ],
)
def test_what_is_none_is_told_with_what_to_write(text, words):
    subnet, why = parse_subnet(text)
    assert subnet is None and why.startswith(f"network_subnet is {text!r}") and words in why
