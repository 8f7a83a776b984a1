"""An engine of our own, started and stopped for real, with what a power cut leaves in its way."""

from __future__ import annotations

import os
import shutil
import signal

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.lab import docker as local_engine
from ansible_collections.alparque.festival.plugins.module_utils.lab import paths as engine_paths
from ansible_collections.alparque.festival.plugins.module_utils.lab.docker import LocalEngine, bridge_commands
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

needs_dockerd = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("dockerd") or not shutil.which("unshare"), reason="needs root and dockerd"
)

BRIDGE = {
    "Options": {"com.docker.network.bridge.name": "docker0"},
    "IPAM": {"Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]},
}


def test_a_bridge_that_is_there_is_left_alone():
    assert bridge_commands(BRIDGE, ["lo", "docker0"]) == []


def test_a_bridge_that_is_missing_is_made_again():
    add, address, up = bridge_commands(BRIDGE, ["lo"])
    assert add == ["ip", "link", "add", "docker0", "type", "bridge"]
    assert "172.17.0.1/16" in address
    assert up[-1] == "up"


@pytest.mark.parametrize("network", [{"Options": None, "IPAM": {"Config": None}}, {**BRIDGE, "IPAM": {"Config": []}}])
def test_an_engine_without_a_bridge_gets_none(network):
    assert bridge_commands(network, ["lo"]) == []


def test_nobody_answers_where_nobody_is(folder):
    assert local_engine.told(folder / "docker.sock", "/_ping") is None


def test_an_engine_that_we_did_not_start_is_not_ours_to_stop(folder):
    found = local_engine.converge({**params(folder), "state": "absent"}, check_mode=False)
    assert not found["changed"]


def params(folder, *arguments):
    return {"state": "present", "directory": str(folder), "arguments": list(arguments), "timeout": 60}


def our_engine(folder, *arguments, check_mode=False):
    """Return an engine in a network namespace of its own: it makes and deletes bridges as it likes, none of them ours."""
    engine = LocalEngine(params(folder, *arguments), check_mode)
    engine.command = ["unshare", "--net", *engine.command]
    return engine


@needs_dockerd
def test_an_engine_that_can_not_start_says_why(folder):
    with pytest.raises(FestivalError, match=r"ended at once(?s:.*)unknown flag: --nonsense(?s:.*)Start it by hand"):
        our_engine(folder, "--nonsense").present()


@needs_dockerd
def test_from_nothing_over_a_power_cut_to_nothing(folder, process):
    assert our_engine(folder, check_mode=True).present()["changed"]
    assert not any(folder.iterdir())

    assert our_engine(folder).present() == {
        "changed": True,
        "docker_host": f"unix://{folder}/docker.sock",
        "cleared": [],
    }
    assert not our_engine(folder).present()["changed"]

    where = engine_paths.paths(str(folder))
    pidfiles = [where.pidfile, where.runtime / "containerd" / "containerd.pid"]
    for pid in map(engine_paths.read_pid, pidfiles):
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda pid=pid: engine_paths.process_stat(pid), lambda stat: stat is None, 5, 0.01)
    for pidfile in pidfiles:
        pidfile.write_text(str(process.pid))
    again = our_engine(folder).present()
    assert again["changed"]
    assert set(map(str, pidfiles)) < set(again["cleared"])

    dockerd = engine_paths.read_pid(where.pidfile)
    assert our_engine(folder, check_mode=True).absent()["changed"]
    assert engine_paths.runs(dockerd, "dockerd")
    assert our_engine(folder).absent()["changed"]
    assert not our_engine(folder).absent()["changed"]
    assert not engine_paths.runs(dockerd, "dockerd")
    assert not folder.exists()
    assert process.poll() is None
