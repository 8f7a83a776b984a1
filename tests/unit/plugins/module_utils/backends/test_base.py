"""What a backend is, held against those that there are."""

from __future__ import annotations

import inspect

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.base import Backend, Master
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.master import ContainerMaster
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.master import SwarmMaster
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import BACKENDS


def asked_for(protocol) -> dict[str, list[str]]:
    """Return the methods of a protocol with the names of their parameters."""
    own = {name: value for name, value in vars(protocol).items() if inspect.isfunction(value) and name[0] != "_"}
    return {name: list(inspect.signature(value).parameters) for name, value in own.items()}


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_each_backend_has_all_that_is_asked_for(backend):
    for name, parameters in asked_for(Backend).items():
        found = inspect.signature(getattr(backend, name)).parameters
        assert len(found) == len(parameters) - 1, name


@pytest.mark.parametrize("master", [SwarmMaster, ContainerMaster])
def test_each_master_has_all_that_is_asked_for(master):
    methods = asked_for(Master)
    assert methods and all(
        list(inspect.signature(getattr(master, name)).parameters) == methods[name] for name in methods
    )
