"""The table of backends: the default comes first, and one that there is not is named."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import BACKENDS, Clients, backend_named
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError


def test_the_default_is_the_first():
    assert list(BACKENDS) == ["swarm", "docker"]


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
    monkeypatch.setattr(
        type(BACKENDS["docker"]), "connect", staticmethod(lambda params: made.append(params) or len(made))
    )
    clients = Clients({"docker_host": "x"})
    assert made == [] and [clients.of("docker"), clients.of("docker")] == [1, 1]
    assert made == [{"docker_host": "x", "backend": "docker"}]
