"""The backends there are. A new one is a folder beside this file and a row here."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.base import Backend
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.backend import DockerBackend
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.backend import SwarmBackend
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.findings import one_of

#: By name; the first is the default.
BACKENDS: dict[str, Backend] = {backend.name: backend for backend in (SwarmBackend(), DockerBackend())}

DEFAULT_BACKEND = next(iter(BACKENDS))

#: Named in the documents as planned.
TO_COME = ("kubernetes",)


def backend_named(name: str) -> Backend:
    """Return a backend; raise FestivalError for a name that none has."""
    if name in BACKENDS:
        return BACKENDS[name]
    raise FestivalError(f"festival_backend is {name!r}{one_of(BACKENDS, TO_COME, name)}")


def connect(params: dict) -> t.Any:
    """Return a client of the backend that a module's parameters name."""
    return backend_named(params["backend"]).connect(params)


class Clients:
    """Clients of whatever backends jobs have run on, each made when it is first needed."""

    def __init__(self, params: dict) -> None:
        self.params, self.made = params, {}

    def of(self, backend: str) -> t.Any:
        """Return the client of a backend."""
        if backend not in self.made:
            self.made[backend] = connect({**self.params, "backend": backend})
        return self.made[backend]
