"""Real hosts: the lab as a molecule scenario raises it, and Ansible on it as a user runs it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import read_ansible

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
REFERENCE = CHECKOUT / "examples" / "reference.R"

#: What a host that steps back gets, beside others' 1,024.
SHARES = "512"
#: What a run could change on a host: packages, files, units, interfaces.
LOOK = """
dpkg-query -W
find /etc /opt /srv /usr /root /var/lib/docker /var/lib/festival -type f -printf '%p %s %T@\\n' 2>/dev/null | sort
systemctl list-unit-files --no-legend
ip -o link show | cut -d' ' -f2
"""


def one_line(text: str) -> str:
    """Return a text without its line breaks, and without the bars that Ansible draws beside an error's lines."""
    return re.sub(r"[\s│]+", " ", text)


@dataclass
class Run:
    """What a command said, how it ended and how long it took."""

    code: int
    output: str
    seconds: float

    @property
    def said(self) -> str:
        """The output in one line: where it is broken depends on who prints."""
        return one_line(self.output)

    @property
    def changed(self) -> dict[str, int]:
        """How many tasks changed something, by host, from Ansible's own count."""
        counted = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+)", self.output, re.MULTILINE)
        assert counted, "Ansible has counted nothing, so that nobody knows what was changed"
        return {host: int(count) for host, count in counted}

    @property
    def roles(self) -> set[str]:
        """The roles that did something; all of them check their arguments, whatever the tags."""
        return set(re.findall(r"^TASK \[alparque\.festival\.(\w+) : (?!Validating)", self.output, re.MULTILINE))


def surroundings(folder: Path) -> dict[str, str]:
    """Return the environment in which commands run in a folder."""
    return {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PWD": str(folder),
        "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
        "COLUMNS": "1000",
    }


def run(*command: str | Path, cwd: Path = CHECKOUT, fails: bool | None = False, **environment: str) -> Run:
    """Run a command and see that it ends as expected: well, or with an error if it ``fails``."""
    start = time.monotonic()
    environment = {**surroundings(cwd), **environment}
    parts = [str(part) for part in command]
    perform = run_ansible if parts[0] == "ansible-playbook" else run_program
    code, output = perform(parts, cwd, environment)
    print(output)
    assert fails is None or bool(code) == fails, f"{command} ended with {code}:\n{output}"
    return Run(code, output, time.monotonic() - start)


def run_program(command: list[str], cwd: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run a program; return its exit code and what it printed."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(
        command, cwd=cwd, env=environment, **streams, text=True, errors="replace", process_group=0
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            # A run that is told to end leaves nobody behind who goes on raising hosts.
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, output


def run_ansible(command: list[str], cwd: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run ansible-playbook; return its exit code and what it printed."""
    with tempfile.NamedTemporaryFile(prefix="ansible-playbook-") as said:
        process = read_ansible.start(command, cwd, environment, Path(said.name))
        try:
            process.join()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.exitcode, Path(said.name).read_text(encoding="utf-8", errors="replace")


class Lab:
    """The hosts of one molecule scenario."""

    def __init__(self, scenario: str) -> None:
        self.scenario = scenario
        self.folder = CHECKOUT / ".cache" / "molecule" / scenario
        self.inventory = self.folder / "inventory"
        self.results = self.folder / "results"

    def molecule(self, action: str, keep_image: bool = True) -> Run:
        """Let molecule do one step of the scenario."""
        environment = {
            "MOLECULE_EPHEMERAL_DIRECTORY": str(self.folder),
            "MOLECULE_GLOB": "molecule/*/molecule.yml",
            "FESTIVAL_KEEP_LAB_IMAGE": str(keep_image),
        }
        config = CHECKOUT / ".config" / "molecule" / "config.yml"
        return run("molecule", "--base-config", config, action, "--scenario-name", self.scenario, **environment)

    def play(self, playbooks: str, *options: str | Path, fails: bool = False, **variables: t.Any) -> Run:
        """Run one of the collection's playbooks on the hosts, or several of them: their names, with blanks between them."""
        paths = [CHECKOUT / "playbooks" / f"{name}.yml" for name in playbooks.split()]
        return run("ansible-playbook", "-i", self.inventory, *paths, "-e", json.dumps(variables), *options, fails=fails)

    def host(self, name: str, *command: str | Path) -> str:
        """Run a command on a host, past ssh and Ansible, and return what it prints."""
        return run("docker", "exec", self.container(name), *command).output

    def look(self, name: str) -> str:
        """Return what there is on a host of all that a run could change."""
        return self.host(name, "sh", "-c", LOOK)

    def container(self, name: str) -> str:
        """Return the name of the container that a host is."""
        return f"alparque-molecule-{self.scenario}-{name}"

    def step_back(self) -> None:
        """Let the hosts of other labs go first where cores are short."""
        names = run("docker", "ps", "-q", "--filter", f"name={self.container('')}").output.split()
        run("docker", "update", "--cpu-shares", SHARES, *names)

    def give(self, name: str, source: Path, target: str) -> None:
        """Copy a file or folder to a host."""
        run("docker", "cp", source, f"{self.container(name)}:{target}")

    @cached_property
    def hosts(self) -> list[str]:
        """The names of the hosts, the first manager first."""
        told = run("ansible-inventory", "-i", self.inventory, "--list").output
        groups = json.loads(told[told.index("{") :])
        return [
            host for group in ("festival_managers", "festival_hosts") for host in groups.get(group, {}).get("hosts", [])
        ]

    @property
    def manager(self) -> str:
        """The first manager."""
        return self.hosts[0]

    def address(self, host: str) -> str:
        """Return a host's address."""
        return self.host(host, "hostname", "-I").split()[0]

    def wait_known(self) -> None:
        """Wait until the pool's containers on all hosts know each other: a swarm may take half a minute to tell."""
        count = (
            "docker exec $(docker ps -q --filter name=festival-pool | head -n 1) getent ahostsv4 tasks.festival-pool"
        )
        form = ["--filter", "desired-state=running", "--format", "{{.Node}}"]
        listed = self.host(self.manager, "docker", "service", "ps", "festival-pool", *form).split()
        deadline = time.monotonic() + 90
        for host in (host for host in self.hosts if host.replace("_", "-") in listed):
            while len({line.split()[0] for line in self.host(host, "sh", "-c", count).splitlines()}) < len(listed):
                assert time.monotonic() < deadline, f"{host} does not know all of the pool"
                time.sleep(1)

    @contextlib.contextmanager
    def cut_off(self, name: str) -> t.Iterator[None]:
        """Drop what comes in and goes out by a host's network."""
        rules = [("INPUT", "-i", "eth0", "-j", "DROP"), ("OUTPUT", "-o", "eth0", "-j", "DROP")]
        for rule in rules:
            self.host(name, "iptables", "-I", *rule)
        try:
            yield
        finally:
            for rule in rules:
                self.host(name, "iptables", "-D", *rule)

    def containers(self) -> dict[str, list[str]]:
        """Return by host what runs on it: each container with its image and the moment at which it started."""
        form = "{{.Id}} {{.Config.Image}} {{.State.StartedAt}}"
        command = f"docker ps -q | xargs -r docker inspect --format '{form}'"
        return {host: sorted(self.host(host, "sh", "-c", command).splitlines()) for host in self.hosts}

    def images(self) -> dict[str, list[str]]:
        """Return by host the ids of its images."""
        return {host: sorted(self.host(host, "docker", "images", "-q", "--no-trunc").split()) for host in self.hosts}

    def nodes(self) -> dict[str, dict]:
        """Return the swarm's nodes by id, as its manager describes them."""
        ids = self.host(self.manager, "docker", "node", "ls", "-q").split()
        return {node["ID"]: node for node in json.loads(self.host(self.manager, "docker", "node", "inspect", *ids))}
