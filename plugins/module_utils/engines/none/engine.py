"""A script that runs alone, without workers."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.base import ForR
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView


class Alone(ForR):
    """A script that runs alone, without workers."""

    name = "none"
    takes_workers = False
    view = TasksView("This job ran in one container, without workers.")
