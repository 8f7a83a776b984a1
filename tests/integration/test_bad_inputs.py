"""Every wrong input of bad_inputs*.yml, given to the real playbook: the message, and that nothing was changed.

The static ones need no host: their inventories point to closed ports. Those of bad_inputs_lab.yml are for real hosts.
docs/errors.md has the messages, word for word.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import re
import socket
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from real_hosts import Lab, run
from small_lab import SmallLab

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
PLAYBOOKS = CHECKOUT / "playbooks"
SCRIPTS = ("script.R", "folder/script.R", "program.c", "table.csv")
HOSTS = {f"node{port}": {"ansible_host": "127.0.0.1", "ansible_port": port} for port in (1, 2, 3)}
INVENTORY = {
    "all": {
        "children": {
            "festival_managers": {"hosts": {"node1": HOSTS["node1"]}},
            "festival_hosts": {"hosts": {"node2": HOSTS["node2"], "node3": HOSTS["node3"]}},
        }
    }
}
CASES = [
    {"playbook": "preflight", "vars": {}, **case}
    for name in ("bad_inputs.yml", "bad_inputs_job.yml", "bad_inputs_verbs.yml")
    for case in yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
]
LAB_CASES = yaml.safe_load((HERE / "bad_inputs_lab.yml").read_text(encoding="utf-8"))
DOCUMENTED = dict(
    re.findall(r"^\| (.+?) \| (.+) \|$", (CHECKOUT / "docs" / "errors.md").read_text("utf-8"), re.MULTILINE)
)


def told(case: dict, said: str, form: t.Callable[[str], str] = str) -> str:
    """Return the case's message as it is documented, or as ``form`` changes its pattern, from what was said."""
    pattern = form(".*?".join(re.escape(part) for part in DOCUMENTED[case["name"]].split("…")))
    found = re.search(pattern, said)
    assert found, f"{pattern!r} was not said:\n{said}"
    return found[0]


def play(playbook: str, folder: Path, inventory: str, variables: dict, *options: str) -> str:
    """Run a playbook in a folder that is not the checkout; return all that it prints."""
    command = [
        "ansible-playbook",
        "-i",
        inventory,
        "-e",
        json.dumps(variables),
        PLAYBOOKS / f"{playbook}.yml",
        *options,
    ]
    # A connection kept from before would hide that a key is wrong.
    done = run(*command, cwd=folder, fails=None, ANSIBLE_SSH_ARGS="-o ControlMaster=no -o ControlPath=none")
    return re.sub(r"\s+", " ", f"{done.output}\nexit code {done.code}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Path]:
    """Return a folder with what the cases name: a script, a folder, what cannot be read, a full file system, a key."""
    path = tmp_path_factory.mktemp("controller")
    (path / "folder").mkdir()
    for script in SCRIPTS:
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

    Cases go together that have one playbook, one inventory and no variable in common, and that all stop the run or none.
    """
    found: list[list[dict]] = []
    for case in CASES:
        for batch in found:
            first = batch[0]
            if (
                not any(other.get("alone") for other in (case, first))
                and all(first.get(key) == case.get(key) for key in ("playbook", "inventory"))
                and ("warns" in first) == ("warns" in case)
                and not any(set(other["vars"]) & set(case["vars"]) for other in batch)
            ):
                batch.append(case)
                break
        else:
            found.append([case])
    return found


@pytest.fixture(scope="module")
def outcomes(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[dict[str, concurrent.futures.Future]]:
    """Start all static cases, two runs at a time."""
    inventories = tmp_path_factory.mktemp("inventories")

    def run(batch: list[dict]) -> str:
        inventory = inventories / f"{batch[0]['name'].replace(' ', '_')}.yml"
        inventory.write_text(json.dumps(batch[0].get("inventory", INVENTORY)), encoding="utf-8")
        variables = {name: value for case in batch for name, value in case["vars"].items()}
        return play(batch[0]["playbook"], folder, str(inventory), variables)

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        started = [(batch, pool.submit(run, batch)) for batch in batches()]
        yield {case["name"]: future for batch, future in started for case in batch}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_static(case: dict, folder: Path, outcomes: dict[str, concurrent.futures.Future]) -> None:
    """The message is the documented one and names all that it has to, before any host was contacted."""
    if case["name"] == "Results file system full" and not (folder / "full").is_mount():
        pytest.skip("no permission to mount a small file system")
    said = outcomes[case["name"]].result()
    message, fragments = told(case, said), case.get("expect", []) + case.get("warns", [])
    assert fragments and [fragment for fragment in fragments if str(fragment) not in message] == []
    # Nothing answers at these hosts, so a run that was only warned fails there.
    assert "exit code 2" in said
    assert ("UNREACHABLE" in said) == ("warns" in case or case.get("reached", False))


def test_static_runs_leave_nothing_behind(folder: Path, outcomes: dict[str, concurrent.futures.Future]) -> None:
    """Judging tries whether files can be read and results written."""
    concurrent.futures.wait(outcomes.values())
    there = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert there == {*SCRIPTS, "folder", "full", "socket.R", "stranger", "stranger.pub"}


@contextlib.contextmanager
def in_place_of(lab: Lab, host: str, files: dict[str, str]) -> t.Iterator[None]:
    """Lay texts over files of a host."""
    for path, text in files.items():
        lab.host(host, "sh", "-c", f"printf '{text}' > /run/laid-over && mount --bind /run/laid-over {path}")
    try:
        yield
    finally:
        for path in files:
            lab.host(host, "umount", path)


@pytest.mark.bare
@pytest.mark.parametrize("case", LAB_CASES, ids=lambda case: case["name"])
def test_lab(case: dict, folder: Path, small: SmallLab) -> None:
    """Real hosts report, the message is the documented one, and the whole of festival.yml goes no further."""
    first, last = small.hosts[0], small.hosts[-1]
    names = {"first": first, "last": last, "subnet": small.SUBNET}
    variables = {name: str(value).format(**names) for name, value in case.get("vars", {}).items()}
    before = {host: small.look(host) for host in small.hosts}
    with in_place_of(small, last, case.get("files", {})):
        said = play("festival", folder, str(small.inventory), variables, "--limit", f"!{small.LOCKED}")

    def of_this_lab(form: str) -> str:
        return re.sub(r"\d[\d\\.]*", lambda _: r"[\d.e+]+", form.replace("aterciopelados", first).replace("mana", last))

    message = told(case, said, of_this_lab)
    assert [fragment for fragment in case["expect"] if fragment.format(**names) not in message] == []
    assert "exit code 2" in said
    assert {host: small.look(host) for host in small.hosts} == before


def test_every_case_is_documented() -> None:
    """docs/errors.md has each case, so that the two cannot drift apart."""
    assert [case["name"] for case in CASES + LAB_CASES if case["name"] not in DOCUMENTED] == []
