"""What a container knows of itself: the environment that it was started with, and its address."""

from __future__ import annotations

import os
import socket


def environment() -> dict[str, str]:
    """Return the environment that this container was started with: a session of ssh has another."""
    try:
        with open("/proc/1/environ", "rb") as file:
            pairs = file.read().decode(errors="surrogateescape").split("\0")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def setting(name: str, default: str = "") -> str:
    """Return a variable of this process, or else of the container."""
    return os.environ.get(name) or environment().get(name) or default


def own_address() -> str:
    """Return this container's address on the pool's network: its host name resolves to it."""
    return socket.gethostbyname(socket.gethostname())
