"""The engines there are. A new one is a folder beside this file and a row here."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.base import Engine
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.engine import Mpi
from ansible_collections.alparque.festival.plugins.module_utils.engines.none.engine import Alone
from ansible_collections.alparque.festival.plugins.module_utils.engines.socket.engine import Socket
from ansible_collections.alparque.festival.plugins.module_utils.engines.ssh.engine import Ssh
from ansible_collections.alparque.festival.plugins.module_utils.engines.view import View
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.tasks import TasksView
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.findings import one_of

#: By name; the first is the default.
ENGINES: dict[str, Engine] = {engine.name: engine for engine in (Socket(), Ssh(), Mpi(), Alone())}

DEFAULT_ENGINE = next(iter(ENGINES))

#: Named in the documents as planned.
TO_COME = ("redis",)


def engine_named(name: str) -> Engine:
    """Return an engine; raise FestivalError for a name that none has."""
    if name in ENGINES:
        return ENGINES[name]
    raise FestivalError(f"festival_engine is {name!r}{one_of(ENGINES, TO_COME, name)}")


def view_of(name: str) -> View:
    """Return how jobs of an engine are seen, also of one that nobody knows any more."""
    return ENGINES[name].view if name in ENGINES else TasksView()
