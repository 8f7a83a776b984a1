"""The frame of every module: its errors as Ansible gets them, from modules that really run."""

from __future__ import annotations

import importlib
import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.alparque.festival.plugins.module_utils.docker import client
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.tests.unit.fake_engine import fault
from requests.exceptions import ReadTimeout

MODULES = {
    "images": {"images": []},
    "swarm_cluster": {"owner": "festival", "advertise_addr": "10.0.0.1"},
    "swarm_member": {"name": "mana"},
    "swarm_nodes": {"nodes": [{"id": "x"}]},
    "swarm_tokens": {},
    "pool": {"name": "p", "image": "i", "network": "n"},
    "job_master": {"id": "j", "image": "i", "command": ["a.R"]},
}


@pytest.fixture
def run(capsys):
    """Return a function that runs a module as Ansible does, and returns what it says."""

    def run(_name: str, check_mode: bool = False, **args) -> dict:
        module = importlib.import_module(f"ansible_collections.alparque.festival.plugins.modules.{_name}")
        args = {"docker_host": "unix:///nosuch/docker.sock", "_ansible_check_mode": check_mode, **args}
        with patch_module_args(args), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("name", MODULES)
def test_without_an_engine_a_check_would_change_and_a_run_says_what_to_do(run, name):
    checked = run(name, check_mode=True, **MODULES[name])
    assert checked["changed"] and "no engine yet" in checked["msg"] and "failed" not in checked
    failed = run(name, **MODULES[name])
    assert failed["failed"]
    assert failed["msg"].startswith("No Docker engine answers at unix:///nosuch/docker.sock: ")
    assert failed["msg"].endswith("Run the docker_host role (playbooks/provision.yml) first.")


def test_what_only_asks_would_change_nothing_without_an_engine_either(run):
    for check_mode in (True, False):
        told = run("cluster_info", check_mode=check_mode)
        assert told["failed"] and "changed" not in told
        assert told["msg"].startswith("No Docker engine answers at unix:///nosuch/docker.sock: ")


def test_without_the_sdk_the_error_names_it(run, monkeypatch):
    monkeypatch.setattr(client, "MISSING_SDK", "traceback")
    assert "(docker)" in run("swarm_tokens")["msg"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"name": "p"}, "state is present but all of the following are missing: image, network"),
        ({**MODULES["pool"], "mode": "some"}, "value of mode must be one of: replicated, global"),
        ({**MODULES["pool"], "keys": {"version": 1}}, "missing required arguments: directory found in keys"),
    ],
)
def test_wrong_arguments_are_refused_before_the_engine_is_asked(run, args, words):
    assert words in run("pool", **args)["msg"]


def test_facts_of_an_error_reach_ansible(run, monkeypatch):
    def converge(_client, params, check_mode):
        raise FestivalError("it broke", step="Step 3/4")

    module = importlib.import_module("ansible_collections.alparque.festival.plugins.modules.images")
    monkeypatch.setattr(module, "converge", converge)
    monkeypatch.setattr(client, "connect", lambda address: None)
    assert run("images", images=[]) | {"invocation": None} == {
        "failed": True,
        "msg": "it broke",
        "step": "Step 3/4",
        "invocation": None,
    }


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (fault("it is full"), "Pushing x: the engine says: it is full"),
        (ReadTimeout("read timed out"), "Pushing x: read timed out"),
    ],
)
def test_what_the_sdk_raises_becomes_one_error(raised, message):
    with pytest.raises(FestivalError) as caught, docker_errors("Pushing x"):
        raise raised
    assert str(caught.value) == message
    with pytest.raises(ZeroDivisionError), docker_errors("Pushing x"):
        raise ZeroDivisionError
