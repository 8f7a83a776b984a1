"""A pool's containers as sockets of this process."""

from __future__ import annotations

import os
import socket

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import reach
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine


@pytest.fixture
def listen():
    """Return a function that has a supervisor's port listen at these addresses; it returns the port."""
    opened = []

    def listen(*addresses):
        number = 0
        for address in addresses:
            opened.append(socket.create_server((address, number)))
            number = opened[-1].getsockname()[1]
        return number

    yield listen
    for listener in opened:
        listener.close()


@pytest.fixture
def host(monkeypatch):
    """Return a function that makes the engine of node a, on which a container of the pool is this very process."""
    monkeypatch.setattr(reach, "AGAIN", 0.01)

    def make(port, **answers):
        labels = {"com.docker.swarm.node.id": "a"}
        env = ["FESTIVAL_SLOTS=2", f"FESTIVAL_WORKER_PORT={port}"]
        container = {"Id": "1", "State": {"Pid": os.getpid()}, "Config": {"Env": env, "Labels": labels}}
        known = {
            "containers": [{"Id": "1"}],
            "inspect_container": container,
            "info": {"Swarm": {"ControlAvailable": False}},
        }
        return FakeEngine(**{**known, **answers})

    return make
