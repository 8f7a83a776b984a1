"""Subnets, as users write them."""

from __future__ import annotations

import ipaddress
import typing as t


def parse_subnet(text: t.Any) -> tuple[ipaddress.IPv4Network | None, str]:
    """Return the subnet, or why it is none and what to write."""
    try:
        return ipaddress.IPv4Network(str(text)), ""
    except ValueError:
        pass
    try:
        meant = ipaddress.IPv4Network(str(text), strict=False)
    except ValueError:
        return None, f"network_subnet is {text!r}, not an IPv4 subnet. Write one like 10.77.0.0/20."
    return None, f"network_subnet is {text!r}: an address, not the subnet it lies in. Write {meant}."
