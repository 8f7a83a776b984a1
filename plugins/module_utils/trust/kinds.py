"""What a cluster keeps in versions: its ssh keys, and a token for each pool. How they are made, and when they are whole."""

from __future__ import annotations

import re
import secrets
import typing as t
from dataclasses import dataclass

from ansible_collections.alparque.festival.plugins.module_utils.trust import keys

#: Fingerprints of the cluster's key and of its workers' host key; a token has none.
Prints = tuple[str, str]
NO_PRINTS: Prints = ("", "")


@dataclass(frozen=True)
class Kind:
    """Objects that are made together and of no use apart. ``read`` raises ValueError with the flaw of texts not whole."""

    label: str
    #: What it is, in a message; ``owner`` is a cluster's prefix or a pool.
    what: str
    #: Part → where containers find it.
    targets: dict[str, str]
    secrets: tuple[str, ...]
    new: t.Callable[[], tuple[dict[str, str], Prints]]
    read: t.Callable[[dict[str, str]], Prints]

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of all parts."""
        return tuple(self.targets)


def new_keys() -> tuple[dict[str, str], Prints]:
    """Return the texts of new keys by part, and their fingerprints."""
    cluster, host = keys.new_pair(), keys.new_pair()
    texts = {
        "ssh-key": cluster.private,
        "host-key": host.private,
        "authorized-keys": f"{cluster.public} festival\n",
        # Every worker, at any port, has this one key: also the replica that appears tomorrow.
        "known-hosts": f"*,[*]:* {host.public}\n",
    }
    return texts, (keys.fingerprint(cluster.public), keys.fingerprint(host.public))


def read_keys(texts: dict[str, str]) -> Prints:
    """Return the fingerprints of keys that belong together."""
    try:
        cluster, host = (keys.public_half(texts[part]) for part in KEYS.secrets)
    except ValueError as error:
        raise ValueError("has an unreadable key") from error
    if cluster not in texts["authorized-keys"] or host not in texts["known-hosts"]:
        raise ValueError("is mixed from two sets")
    return keys.fingerprint(cluster), keys.fingerprint(host)


def new_token() -> tuple[dict[str, str], Prints]:
    """Return a new token: 32 random bytes as hex digits."""
    return {"token": secrets.token_hex(32)}, NO_PRINTS


def read_token(texts: dict[str, str]) -> Prints:
    """See that a token is one."""
    if not re.fullmatch(r"[0-9a-f]{64}", texts["token"]):
        raise ValueError("is not 64 hex digits")
    return NO_PRINTS


KEYS = Kind(
    "festival.trust",
    "the cluster's keys",
    {
        "ssh-key": "/run/secrets/festival_ssh_key",
        "host-key": "/run/secrets/festival_host_key",
        "authorized-keys": "/etc/festival/authorized_keys",
        "known-hosts": "/etc/festival/known_hosts",
    },
    ("ssh-key", "host-key"),
    new_keys,
    read_keys,
)
TOKEN = Kind(
    "festival.token",
    "the token of pool {owner}",
    {"token": "/run/secrets/festival_token"},
    ("token",),
    new_token,
    read_token,
)
