"""What is made of hosts' reports; those of real hosts are judged in tests/integration and on the lab."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.hosts import info as host_info
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.hosts import (
    judge_connection,
    judge_failure,
    judge_hosts,
)

ENGINE = {"version": "20.10.24+dfsg1", "storage_driver": "overlay2", "id": "FHMG:TDW4"}
HOST = {
    "engine": ENGINE,
    "engine_error": None,
    "daemon": {},
    "systemd": True,
    "root": True,
    "os": {"family": "Debian", "distribution": "Debian", "version": "12", "codename": "bookworm", "kernel": "6.1.0"},
    "python": "3.11.2",
    "sdk": "5.0.3",
    "cryptography": "38.0.4",
    "mmdebstrap": True,
    "overlay": True,
    "esp": False,
    "free_disk_bytes": 20e9,
    "machine_id": "1de02513",
    "routes": [{"network": "10.214.0.0/24", "device": "eth0"}, {"network": "172.17.0.0/16", "device": "docker0"}],
    "swarm": {"state": "inactive", "cluster_id": None, "is_manager": False, "managers": []},
}
SETTINGS = {"network_subnet": "10.77.0.0/20", "festival_min_free_disk_gb": 5}
BARE = {"engine": None, "engine_error": None}


def host(**facts: t.Any) -> dict:
    """Return a host that is well but for these facts."""
    return {**copy.deepcopy(HOST), **facts}


def judged(reports: dict, takers: t.Collection[str] = (), **settings: t.Any) -> list[str]:
    """Return what is found, with the first of the hosts as the first manager."""
    return [found.text for found in judge_hosts(reports, {**SETTINGS, **settings}, "a", takers)]


@pytest.mark.parametrize(
    ("facts", "settings"),
    [
        ({}, {}),
        (BARE, {}),
        ({"engine": None, "engine_error": "refused"}, {}),
        ({"os": {**HOST["os"], "family": "RedHat"}}, {}),
        ({"systemd": False}, {}),
        ({"overlay": None}, {}),
        ({"overlay": False}, {"festival_backend": "docker"}),
        ({"esp": True}, {"network_encrypted": True}),
        ({"routes": [{"network": "172.18.0.0/16", "device": "br-0123456789ab"}]}, {"network_subnet": "172.18.0.0/16"}),
        ({"machine_id": None}, {}),
    ],
    ids=lambda given: ", ".join(given) if isinstance(given, dict) else None,
)
def test_right_hosts_pass(facts: dict, settings: dict) -> None:
    assert judged({"a": host(**facts)}, **settings) == []


@pytest.mark.parametrize(
    ("facts", "settings", "told"),
    [
        ({"engine": {**ENGINE, "version": "19.03.15"}}, {}, ["Docker engine 19.03.15, older than 20.10", "Upgrade it"]),
        ({"engine": {**ENGINE, "storage_driver": "vfs"}}, {}, ["vfs", "overlayfs"]),
        ({**BARE, "systemd": False}, {}, ["no systemd", "Start dockerd"]),
        ({"root": False}, {}, ["not root", "ansible_become"]),
        ({"daemon": None}, {}, ["daemon.json is not a JSON object", "Mend it"]),
        ({"overlay": False}, {}, ["kernel 6.1.0 has no overlay networks", "Boot one"]),
        ({}, {"network_encrypted": "true"}, ["cannot encrypt", "Set it to false"]),
        ({"esp": None}, {"network_encrypted": True}, ["cannot encrypt"]),
        ({"free_disk_bytes": 3e9}, {}, ["3.0 GB free", "less than 5", "Make room"]),
        ({}, {"network_subnet": "10.214.0.0/16"}, ["10.214.0.0/24 on eth0", "network_subnet 10.214.0.0/16 overlaps"]),
        ({}, {"network_subnet": "172.17.0.0/16"}, ["172.17.0.0/16 on docker0", "Set network_subnet"]),
        (
            {"routes": [{"network": "172.18.0.0/15", "device": "br-0123456789ab"}]},
            {"network_subnet": "172.18.0.0/16"},
            ["overlaps"],
        ),
    ],
    ids=lambda given: str(given) if isinstance(given, list) else None,
)
def test_wrong_hosts(facts: dict, settings: dict, told: list[str]) -> None:
    found = judged({"a": host(**facts)}, **settings)
    assert len(found) == 1
    assert "Host a" in found[0]
    assert [fragment for fragment in told if fragment not in found[0]] == []


def test_copies_of_one_machine() -> None:
    """A copied machine has its original's machine id, and its engine's id too."""
    found = judged({"a": host(), "b": host(), "c": host(machine_id="2", engine={**ENGINE, "id": "other"})})
    assert ["Hosts a and b report one machine identity (1de02513)" in found[0], "engine identity" in found[1]] == [
        True,
        True,
    ]
    assert "c" not in found[0].partition("report")[0]


def swarms(recorded: t.Callable) -> tuple[dict, dict]:
    """Return a real manager's and its worker's membership."""
    return tuple(host_info.swarm(recorded(f"engine_info_{role}.json")) for role in ("manager", "worker"))


def of(swarm: dict, identity: str) -> dict:
    """Return a host with this membership and an identity of its own."""
    return host(swarm=swarm, machine_id=identity, engine={**ENGINE, "id": identity})


def test_members_of_one_swarm_pass(recorded: t.Callable) -> None:
    manager, worker = swarms(recorded)
    assert judged({"a": of(manager, "1"), "b": of(worker, "2"), "c": of(HOST["swarm"], "3")}) == []


def test_foreign_members(recorded: t.Callable) -> None:
    manager, worker = swarms(recorded)
    other = {**manager, "cluster_id": "another", "managers": ["10.9.9.9:2377"]}
    found = judged(
        {"a": of(manager, "1"), "b": of(other, "2"), "c": of({**worker, "managers": ["10.9.9.9:2377"]}, "3")}
    )
    assert "Host b is in another swarm (another) than the first manager, a" in found[0]
    assert "Host c is in another swarm (led from 10.9.9.9:2377)" in found[1]
    assert all("leave.yml" in text and "swarm_force_takeover" in text for text in found)


def test_member_of_a_swarm_that_the_first_manager_is_not_in(recorded: t.Callable) -> None:
    _manager, worker = swarms(recorded)
    (found,) = judged({"a": of(HOST["swarm"], "1"), "b": of(worker, "2")})
    assert "Host b is in a swarm (led from 10.214.0.2:2377) and the first manager, a, is in none" in found


def test_first_manager_that_is_a_worker(recorded: t.Callable) -> None:
    _manager, worker = swarms(recorded)
    (found,) = judged({"a": of(worker, "1")})
    assert "Host a, the first manager, is a worker of a swarm led from 10.214.0.2:2377" in found


def test_locked_swarm(recorded: t.Callable) -> None:
    manager, _worker = swarms(recorded)
    (found,) = judged({"a": of({**manager, "state": "locked"}, "1")})
    assert "docker swarm unlock" in found


def test_takeover_and_other_backends_pass(recorded: t.Callable) -> None:
    _manager, worker = swarms(recorded)
    reports = {"a": of(HOST["swarm"], "1"), "b": of(worker, "2")}
    assert judged(reports, takers=["b"]) == []
    assert judged(reports, festival_backend="docker") == []


def test_first_manager_outside_of_the_limit(recorded: t.Callable) -> None:
    _manager, worker = swarms(recorded)
    assert judged({"b": of(worker, "2")}) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ssh: connect to host 10.0.0.2 port 22: Connection timed out", ["cannot be reached", "--limit '!b'"]),
        (
            "root@10.0.0.2: Permission denied (publickey,password).",
            ["does not let this user in", "key_exchange_password"],
        ),
        ("Could not resolve hostname b: Name or service not known", ["a name that nobody knows", "ansible_host"]),
        (
            "No ED25519 host key is known for b and you have requested strict checking.\nHost key verification failed.",
            ["not known here"],
        ),
        (
            "@@@@@\r\nHost key for b has changed and you have requested strict checking.\r\nHost key verification failed.",
            ["another host key", "-R"],
        ),
        ("you must install the sshpass program", ["does not let this user in"]),
        ("", ["cannot be reached"]),
    ],
)
def test_connection_failures(said: str, told: list[str]) -> None:
    text = judge_connection("b", f"Task failed: Failed to connect to the host via ssh: {said}").text
    assert text.startswith("Host b ")
    assert [fragment for fragment in told if fragment not in text] == []
    assert "Task failed" not in text


#: What Python 3.7 and 3.6 say to Ansible 2.19.
TOO_OLD = (
    'File "<stdin>", line 107\n    if (path := find()) is None:\n             ^\nSyntaxError: invalid syntax\n',
    'File "<stdin>", line 3\n    from __future__ import annotations\n    ^\nSyntaxError: future feature annotations is not defined\n',
)


@pytest.mark.parametrize("said", TOO_OLD)
def test_host_whose_python_is_too_old_for_ansible_itself(said: str) -> None:
    assert judge_failure("b", said).text == (
        "Host b cannot run Ansible's modules: its Python does not understand them (SyntaxError). It needs Python 3.9 or newer: "
        "install python3, or set ansible_python_interpreter."
    )


def test_host_without_python() -> None:
    text = judge_failure("b", "/bin/sh: 1: /usr/bin/python3: not found\n").text
    assert (
        "Host b cannot run Ansible's modules: /bin/sh: 1: /usr/bin/python3: not found. It needs Python 3.9 or newer"
        in text
    )
