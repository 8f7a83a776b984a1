"""The table of backends: each is what base.py says, and one that there is not is named."""

from __future__ import annotations

import inspect

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.base import Backend, Master
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.master import ContainerMaster
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.master import SwarmMaster
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import BACKENDS, Clients, backend_named
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError


def asked_for(protocol) -> dict[str, list[str]]:
    """Return the methods of a protocol with the names of their parameters."""
    own = {name: value for name, value in vars(protocol).items() if inspect.isfunction(value) and name[0] != "_"}
    return {name: list(inspect.signature(value).parameters) for name, value in own.items()}


def test_the_default_is_the_first():
    assert list(BACKENDS) == ["swarm", "docker"]


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=str)
def test_each_backend_has_all_that_is_asked_for(backend):
    for name, parameters in asked_for(Backend).items():
        found = inspect.signature(getattr(type(backend), name)).parameters
        assert len(found) == len(parameters), name


@pytest.mark.parametrize("master", [SwarmMaster, ContainerMaster])
def test_each_master_has_all_that_is_asked_for(master):
    methods = asked_for(Master)
    assert methods and all(
        list(inspect.signature(getattr(master, name)).parameters) == methods[name] for name in methods
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nomad", "festival_backend is 'nomad', which there is not. Set it to swarm or docker."),
        ("kubernetes", "festival_backend is 'kubernetes': not supported yet. Use swarm or docker."),
    ],
)
def test_one_that_there_is_not_is_an_error(name, words):
    with pytest.raises(FestivalError, match=words):
        backend_named(name)


def test_a_client_is_made_when_it_is_first_needed_and_once(monkeypatch):
    made = []
    monkeypatch.setattr(type(BACKENDS["docker"]), "connect", lambda self, params: made.append(params) or len(made))
    clients = Clients({"docker_host": "x"})
    assert made == [] and [clients.of("docker"), clients.of("docker")] == [1, 1]
    assert made == [{"docker_host": "x", "backend": "docker"}]
