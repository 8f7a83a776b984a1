"""OpenSSH keys as text."""

from __future__ import annotations

import base64
import hashlib
import traceback
import typing as t

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_ssh_private_key,
    )

    MISSING = None
except ImportError:
    MISSING = traceback.format_exc()


class KeyPair(t.NamedTuple):
    """A private key file's text, and the ``type base64`` of its public half."""

    private: str
    public: str

    def __repr__(self) -> str:
        # A traceback that shows its values must not show this one.
        return f"KeyPair({fingerprint(self.public)})"


def new_pair() -> KeyPair:
    """Return a new ed25519 pair."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return KeyPair(private, public_half(private))


def public_half(private: str) -> str:
    """Return the public half of a private key's text; raise ValueError where it is none."""
    key = load_ssh_private_key(private.encode(), None)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def fingerprint(public: str) -> str:
    """Return what ``ssh-keygen -l`` prints for a public key."""
    digest = hashlib.sha256(base64.b64decode(public.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
