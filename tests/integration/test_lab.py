"""The lab itself: raised twice, let in by password, and removed without a trace."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from real_hosts import CHECKOUT, Run, run

PASSWORD = "bogotá 1996"


def engine() -> str:
    """Return all that the machine's engine holds, or nothing where none answers."""
    listing = "docker ps -aq; docker network ls -q; docker volume ls -q; docker images -q"
    return run("sh", "-c", listing, fails=None).output


class SmallLab:
    """Two hosts of a lab of its own, of which one takes a password only."""

    def __init__(self, folder: Path) -> None:
        self.inventory = folder / "hosts.yml"
        self.variables = {
            "lab_name": "alparque-molecule-small",
            "lab_subnet": "10.210.0.0/24",
            "lab_hosts": [{"name": "shakira"}, {"name": "juanes", "password": PASSWORD}],
            "lab_inventory": str(self.inventory),
            "lab_keep_image": True,
        }

    def play(self, playbook: str, *options: str, fails: bool = False, **variables: t.Any) -> Run:
        path = CHECKOUT / "playbooks" / f"{playbook}.yml"
        extra = json.dumps({**self.variables, **variables})
        inventory = "localhost," if playbook == "lab" else self.inventory
        return run("ansible-playbook", "-i", inventory, path, "-e", extra, *options, fails=fails)


@pytest.fixture(scope="module")
def small(kept_image: None, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[SmallLab]:
    lab = SmallLab(tmp_path_factory.mktemp("small"))
    before = engine()
    try:
        lab.play("lab")
        yield lab
    finally:
        lab.play("lab", lab_state="absent")
    assert not lab.inventory.parent.exists(), "inventory and keys are removed, and their folder"
    assert not before or engine() == before


def test_twice_is_once(small: SmallLab) -> None:
    assert small.play("lab").changed == {"localhost": 0}
    assert small.play("lab", "--check").changed == {"localhost": 0}


def test_wrong_password(small: SmallLab) -> None:
    refused = small.play("key_exchange", "--limit", "juanes", key_exchange_password="wrong", fails=True)
    assert "juanes" in refused.said
    assert "password" in refused.said


def test_password_is_used_once(small: SmallLab) -> None:
    """By password the key is installed; then the key alone is enough."""
    assert small.play("key_exchange", key_exchange_password=PASSWORD).changed["juanes"] == 1
    assert not any(small.play("key_exchange", key_exchange_password=PASSWORD).changed.values())
    greeting = run("ansible", "-i", small.inventory, "juanes", "-m", "ping", "-e", "ansible_password=")
    assert "pong" in greeting.output
