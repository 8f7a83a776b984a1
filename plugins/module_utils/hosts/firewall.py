"""Which firewall is active on a host, and whom it lets in."""

from __future__ import annotations

import re
import typing as t


def active(ufw_config: str, firewalld_active: t.Callable[[], bool]) -> str | None:
    """Return the name of the active firewall: what ufw's configuration says, else what ``firewalld_active`` finds."""
    if re.search(r"^ENABLED=yes$", ufw_config, re.MULTILINE):
        return "ufw"
    return "firewalld" if firewalld_active() else None


def ufw_allows(rules: str) -> list[str]:
    """Return what ufw lets in from single addresses, as "10.0.0.3 tcp 2377,5000".

    /etc/ufw/user.rules keeps each rule readable, in a comment: ### tuple ### allow tcp 2377 0.0.0.0/0 any 10.0.0.3 in
    """
    found = re.findall(r"^### tuple ### allow (\S+) (\S+) 0\.0\.0\.0/0 any (\S+) in\b", rules, re.MULTILINE)
    return sorted(f"{source} {protocol} {ports}" for protocol, ports, source in found if source != "0.0.0.0/0")


def firewalld_allows(zone: str) -> list[str]:
    """Return what a zone's file of firewalld lets in from single addresses, in the words of ``ufw_allows``."""
    rule = re.compile(
        r'<rule family="ipv4">\s*<source address="(\S+?)"/>\s*'
        r'<(?:port port="(\S+?)" protocol="(\S+?)"|protocol value="(\S+?)")/>\s*<accept/>\s*</rule>'
    )
    return sorted(
        f"{source} {protocol or only} {ports or 'any'}" for source, ports, protocol, only in rule.findall(zone)
    )
