"""The classic: the script itself starts its workers over ssh."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.base import ForR


class Ssh(ForR):
    """The classic: the script itself starts its workers over ssh."""

    name = "ssh"
