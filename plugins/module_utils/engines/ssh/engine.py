"""The classic: the script itself starts its workers over ssh."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.base import ForR
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView


class Ssh(ForR):
    """The classic: the script itself starts its workers over ssh."""

    name = "ssh"
    view = TasksView(
        "With the engine ssh the script talks to its workers itself, so nobody sees its tasks. "
        "Run it with festival_engine=socket to get a timeline."
    )
