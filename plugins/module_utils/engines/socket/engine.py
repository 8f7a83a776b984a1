"""The default: R workers of the pool dial in to the master and stay."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.base import ForR


class Socket(ForR):
    """The default: R workers of the pool dial in to the master and stay."""

    name = "socket"
