"""Every wrong input of bad_inputs.yml, given to the real playbook: the message, and that nothing was changed.

The static ones need no host: their inventories point to closed ports. Those of bad_inputs_lab.yml are for real hosts.
"""

from __future__ import annotations

import concurrent.futures
import ipaddress
import json
import os
import re
import socket
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from real_hosts import Lab

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
PLAYBOOK = CHECKOUT / "playbooks" / "preflight.yml"
HOSTS = {f"node{port}": {"ansible_host": "127.0.0.1", "ansible_port": port} for port in (1, 2, 3)}
INVENTORY = {
    "all": {
        "children": {
            "festival_managers": {"hosts": {"node1": HOSTS["node1"]}},
            "festival_hosts": {"hosts": {"node2": HOSTS["node2"], "node3": HOSTS["node3"]}},
        }
    }
}
CASES = [{"vars": {}, **case} for case in yaml.safe_load((HERE / "bad_inputs.yml").read_text(encoding="utf-8"))]
LAB_CASES = yaml.safe_load((HERE / "bad_inputs_lab.yml").read_text(encoding="utf-8"))
LAB = Lab("default").inventory


def play(folder: Path, inventory: str, variables: dict, *options: str) -> str:
    """Run the preflight in a folder that is not the checkout; return all that it prints."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", inventory, "-e", json.dumps(variables)]
    environment = {
        **os.environ,
        "PWD": str(folder),
        "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        # A connection kept from before would hide that a key is wrong.
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=no -o ControlPath=none",
        "COLUMNS": "1000",
    }
    done = subprocess.run(
        [*command, str(PLAYBOOK), *options], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return re.sub(r"\s+", " ", f"{done.stdout}\n{done.stderr}\nexit code {done.returncode}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Path]:
    """Return a folder with what the cases name: a script, a folder, what cannot be read, a full file system, a key."""
    path = tmp_path_factory.mktemp("controller")
    (path / "folder").mkdir()
    for script in ("script.R", "folder/script.R", "program.c", "table.csv"):
        (path / script).write_text("1\n", encoding="utf-8")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path / "stranger"], check=True)
    # Unreadable also for root, whom permission bits do not stop.
    with socket.socket(socket.AF_UNIX) as unreadable:
        unreadable.bind(str(path / "socket.R"))
    (path / "full").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path / "full"], check=False)
    yield path
    subprocess.run(["umount", path / "full"], check=False)


def batches() -> list[list[dict]]:
    """Return the static cases in groups that one run can judge: all problems are told at once, and starting takes longest.

    Cases go together that have one inventory and no variable in common, and that all stop the run or none.
    """
    found: list[list[dict]] = []
    for case in CASES:
        for batch in found:
            first = batch[0]
            if (
                not any(other.get("alone") for other in (case, first))
                and ("warns" in first, first.get("inventory")) == ("warns" in case, case.get("inventory"))
                and not any(set(other["vars"]) & set(case["vars"]) for other in batch)
            ):
                batch.append(case)
                break
        else:
            found.append([case])
    return found


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> t.Iterator[dict[str, concurrent.futures.Future]]:
    """Start all static cases, two runs at a time."""

    def run(batch: list[dict]) -> str:
        inventory = folder / f"{batch[0]['name'].replace(' ', '_')}.yml"
        inventory.write_text(json.dumps(batch[0].get("inventory", INVENTORY)), encoding="utf-8")
        return play(folder, str(inventory), {name: value for case in batch for name, value in case["vars"].items()})

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        started = [(batch, pool.submit(run, batch)) for batch in batches()]
        yield {case["name"]: future for batch, future in started for case in batch}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_static(case: dict, folder: Path, outcomes: dict[str, concurrent.futures.Future]) -> None:
    """The message names all that it has to, before any host was contacted, and nothing is there that was not."""
    if case["name"] == "Results file system full" and not (folder / "full").is_mount():
        pytest.skip("no permission to mount a small file system")
    said = outcomes[case["name"]].result()
    for fragment in case.get("expect", []) + case.get("warns", []):
        assert str(fragment) in said
    # Nothing answers at these hosts, so a run that was only warned fails there.
    assert "exit code 2" in said
    assert ("UNREACHABLE" in said) == ("warns" in case or case.get("reached", False))
    assert not re.search(r"changed=[1-9]", said)
    assert not (folder / "results").exists()


@pytest.fixture(scope="module")
def lab(bare_lab: object) -> dict[str, str]:
    """Return what the messages of the lab's cases name."""
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(LAB), "--list"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    first = told["festival_managers"]["hosts"][0]
    address = told["_meta"]["hostvars"][first]["ansible_host"]
    return {
        "first": first,
        "last": told["festival_hosts"]["hosts"][-1],
        "subnet": str(ipaddress.IPv4Network(f"{address}/24", strict=False)),
    }


@pytest.mark.parametrize("case", LAB_CASES, ids=lambda case: case["name"])
def test_lab(case: dict, folder: Path, lab: dict[str, str]) -> None:
    """Real hosts report, the message names all that it has to, and nothing was changed."""
    variables = {name: str(value).format(**lab) for name, value in case["vars"].items()}
    said = play(folder, str(LAB), variables)
    for fragment in case["expect"]:
        assert fragment.format(**lab) in said
    assert "exit code 2" in said
    assert not re.search(r"changed=[1-9]", said)


def test_every_case_is_documented() -> None:
    """docs/errors.md has each case, so that the two cannot drift apart."""
    documented = (CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert [case["name"] for case in CASES + LAB_CASES if f"| {case['name']} |" not in documented] == []
