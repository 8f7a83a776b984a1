"""A script that runs alone, without workers."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.base import ForR


class Alone(ForR):
    """A script that runs alone, without workers."""

    name = "none"
    takes_workers = False
