"""What a host's kernel and engine say, and what is made of it."""

from __future__ import annotations

import http.server
import json
import socketserver
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.hosts import info as host_info


def test_engine_as_a_real_one_told(recorded: t.Callable) -> None:
    assert host_info.engine(recorded("engine_info_inactive.json"), "1.41") == {
        "version": "20.10.24+dfsg1",
        "api_version": "1.41",
        "storage_driver": "overlay2",
        "cgroup_version": 1,
        "id": recorded("engine_info_inactive.json")["ID"],
        "root_dir": "/var/lib/docker",
    }
    assert host_info.engine(None, None) is None


def test_swarm_of_a_manager_and_its_worker(recorded: t.Callable) -> None:
    manager = host_info.swarm(recorded("engine_info_manager.json"))
    worker = host_info.swarm(recorded("engine_info_worker.json"))
    assert (manager["state"], manager["is_manager"], bool(manager["cluster_id"])) == ("active", True, True)
    assert (worker["state"], worker["is_manager"], worker["cluster_id"]) == ("active", False, None)
    assert manager["managers"] == worker["managers"] == ["10.214.0.2:2377"]
    assert manager["node_id"] != worker["node_id"]
    assert (manager["address"], worker["address"]) == ("10.214.0.2", "10.214.0.3")


@pytest.mark.parametrize("name", [None, "engine_info_inactive.json"])
def test_no_swarm(name: str | None, recorded: t.Callable) -> None:
    assert host_info.swarm(recorded(name) if name else None) == {
        "state": "inactive",
        "node_id": None,
        "address": None,
        "cluster_id": None,
        "is_manager": False,
        "managers": [],
    }


def test_addresses_and_routes(recorded: t.Callable) -> None:
    networks = host_info.routes(recorded("host_routes.txt"))
    assert {"network": "10.214.0.0/24", "device": "eth0"} in networks
    assert {"network": "172.17.0.0/16", "device": "docker0"} in networks
    assert not [network for network in networks if network["network"].endswith("/0")]
    found = host_info.addresses(recorded("proc_net_fib_trie.txt"), networks)
    assert "10.214.0.2/24" in found
    assert not [address for address in found if address.startswith("127.")]


@pytest.mark.parametrize(
    ("wanted", "inbound", "outbound", "address"),
    [
        ("10.0.0.2", "192.168.0.2", "192.168.0.2", "10.0.0.2"),
        ("node1.example.org", "10.0.0.2", "192.168.0.2", "10.0.0.2"),
        ("203.0.113.7", "203.0.113.7", "192.168.0.2", "192.168.0.2"),
        ("", "", "", "10.0.0.2"),
    ],
    ids=["inventory", "name", "behind a router", "nothing known"],
)
def test_own_address(wanted: str, inbound: str, outbound: str, address: str) -> None:
    assert host_info.own_address(wanted, inbound, outbound, ["10.0.0.2/24", "192.168.0.2/24"]) == address


def test_no_address_at_all() -> None:
    assert host_info.own_address("10.0.0.2", "", "", []) is None


@pytest.mark.parametrize(
    ("loaded", "config", "modules", "able"),
    [
        (True, "", "", True),
        (False, "CONFIG_INET_ESP=y\n", "", True),
        (False, "CONFIG_INET_ESP=m\n", "", True),
        (False, "", "kernel/net/ipv4/esp4.ko.xz: kernel/net/xfrm/xfrm_algo.ko.xz\n", True),
        (False, "# CONFIG_INET_ESP is not set\n", "", False),
        (False, "", "kernel/net/ipv4/esp4_offload.ko:\n", False),
        (False, "CONFIG_INET_ESP_OFFLOAD=m\n", "", False),
        (False, "", "", None),
    ],
)
def test_kernel_feature(loaded: bool, config: str, modules: str, able: bool | None) -> None:
    assert host_info.kernel_feature("CONFIG_INET_ESP", "esp4", loaded, config, modules) is able


@pytest.mark.parametrize(
    ("release", "family", "distribution", "version"),
    [
        ('ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n', "Debian", "Debian", "12"),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', "Debian", "Ubuntu", "24.04"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n', "RedHat", "Rocky", "9.4"),
        ("ID=slackware\n", "Slackware", "Slackware", ""),
        ("", "Linux", "Linux", ""),
    ],
)
def test_operating_system(release: str, family: str, distribution: str, version: str) -> None:
    found = host_info.operating_system(release)
    assert (found["family"], found["distribution"], found["version"]) == (family, distribution, version)
    assert found["kernel"]


def test_daemon_config_keeps_passwords_of_proxies_to_itself() -> None:
    text = json.dumps({"dns": ["10.0.0.1"], "proxies": {"http-proxy": "http://user:word@proxy"}})
    found = host_info.daemon_config(text)
    assert found["dns"] == ["10.0.0.1"]
    assert "word" not in str(found)
    assert "proxies" in found


@pytest.mark.parametrize(("text", "config"), [("", {}), ("{}", {}), ("{,}", None), ("[]", None)])
def test_daemon_config(text: str, config: dict | None) -> None:
    assert host_info.daemon_config(text) == config


def test_versions_of_packages() -> None:
    assert host_info.package_version("pytest") == pytest.__version__
    assert host_info.package_version("no_such_package") is None


def test_free_bytes_of_a_folder_to_be(tmp_path: Path) -> None:
    assert host_info.free_bytes(str(tmp_path / "not" / "yet")) > 0


def test_memory() -> None:
    assert host_info.memory_bytes("MemTotal:       24684084 kB\nMemFree: 1 kB\n") == 24684084 * 1024
    assert host_info.memory_bytes("") == 0


class Engine(http.server.BaseHTTPRequestHandler):
    """Answers as an engine does that is not well; a well one is asked in the tests on the lab."""

    def do_GET(self) -> None:
        """Refuse."""
        body = json.dumps({"message": "the store is broken"}).encode()
        self.send_response(500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        """Name the caller, which has no address on a unix socket."""
        return "socket"

    def log_message(self, *_arguments: t.Any) -> None:
        """Say nothing."""


def test_engine_that_refuses(tmp_path: Path) -> None:
    path = str(tmp_path / "docker.sock")
    with socketserver.UnixStreamServer(path, Engine) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert host_info.ask_engine(path) == (None, None, f"{path}: the store is broken")


def test_images_of_an_engine_that_refuses_are_none(tmp_path: Path) -> None:
    path = str(tmp_path / "docker.sock")
    with socketserver.UnixStreamServer(path, Engine) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert host_info.images(path) == []
    assert host_info.images(path) == []


def test_engine_that_died(tmp_path: Path) -> None:
    path = str(tmp_path / "docker.sock")
    socketserver.UnixStreamServer(path, Engine).server_close()
    info, _version, error = host_info.ask_engine(path)
    assert info is None
    assert "refused" in error


def test_no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(host_info, "find_command", lambda name: None)
    assert host_info.ask_engine(str(tmp_path / "docker.sock")) == (None, None, None)
