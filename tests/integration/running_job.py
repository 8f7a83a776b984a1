"""A job that runs while a test does something to its cluster."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import read_ansible
from real_hosts import CHECKOUT, Lab, one_line, run, surroundings

JOBS = Path(__file__).parent / "jobs"
FOLDERS = "/var/lib/festival/jobs"

Event = dict[str, t.Any]


@contextlib.contextmanager
def beside(
    cluster: Lab, folder: Path, name: str, text: str, **variables: t.Any
) -> t.Iterator[tuple[subprocess.Popen, Path]]:
    """Run a script of this text beside the test; give its controller, and the file that has what that says."""
    script, said = folder / f"{name}.R", folder / f"{name}.txt"
    script.write_text(text, encoding="utf-8")
    given = json.dumps({"job_script": str(script), **variables})
    command = ["ansible-playbook", "-i", str(cluster.inventory), "playbooks/job.yml", "-e", given]
    with said.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=CHECKOUT)
        try:
            yield process, said
        finally:
            process.kill()
            process.wait()


class RunningJob:
    """A copy of a script, under a name of its own, begun at once."""

    def __init__(self, cluster: Lab, folder: Path, name: str, script: str, **variables: t.Any) -> None:
        self.cluster, self.name = cluster, name
        copy = (folder / name).with_suffix(Path(script).suffix)
        copy.write_text((JOBS / script).read_text(encoding="utf-8"), encoding="utf-8")
        self.variables = {"job_script": str(copy), **variables}
        self.said = folder / f"{name}.log"
        # A lab that is kept has those of the last run.
        self.manager(f"rm -rf {FOLDERS}/{name}-*")
        for results in cluster.results.glob(f"{name}-*"):
            shutil.rmtree(results)
        self.begin()

    def begin(self) -> None:
        """Run the playbook beside the test."""
        command = ["ansible-playbook", "-i", self.cluster.inventory, CHECKOUT / "playbooks" / "job.yml"]
        command = [*map(str, command), "-e", json.dumps(self.variables)]
        self.said.touch()
        self.controller = read_ansible.start(command, CHECKOUT, surroundings(CHECKOUT), self.said)

    def kill_controller(self) -> None:
        """End ansible-playbook and the processes that it has started, which survive it, as a power failure does."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = {int(pid): int(parent) for pid, parent in map(str.split, listed.splitlines())}
        doomed = [self.controller.pid]
        for pid in doomed:
            doomed += [child for child, parent in parents.items() if parent == pid]
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.controller.join()

    def end(self, fails: bool = False) -> str:
        """Wait for the playbook; return what it said."""
        self.controller.join()
        code = self.controller.exitcode
        said = self.said.read_text(encoding="utf-8", errors="replace")
        print(said)
        assert bool(code) == fails, f"the playbook of {self.name} ended with {code}"
        return one_line(said)

    def manager(self, command: str) -> str:
        """Run a shell command on the manager, where the job's folder is."""
        done = subprocess.run(
            ["docker", "exec", self.cluster.container(self.cluster.manager), "sh", "-c", command],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def events(self) -> list[Event]:
        """Return the events so far; the last line may be half-written."""
        lines = self.manager(f"cat {FOLDERS}/{self.name}-*/master/events.jsonl").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def until(self, reached: t.Callable[[list[Event]], t.Any], seconds: float = 60) -> t.Any:
        """Wait until events say so; return what was found in them."""
        deadline = time.monotonic() + seconds
        while not (found := reached(self.events())):
            assert self.controller.exitcode in (None, -signal.SIGKILL), f"job {self.name} ended too early"
            assert time.monotonic() < deadline, f"job {self.name} has not come there after {seconds} s"
            time.sleep(0.2)
        return found

    def until_done(self, call: int, tasks: int) -> list[Event]:
        """Wait until so many tasks of a call are done."""
        return self.until(lambda events: done(events, call) >= tasks and events)

    def kill_master(self) -> None:
        """Kill the container that the script runs in."""
        self.manager(f"docker kill $(docker ps --quiet --filter name=festival-job-{self.name})")

    @property
    def values(self) -> str:
        """The values that the script wrote, bit for bit."""
        return (self.home / "output" / "values.txt").read_text(encoding="utf-8")

    @property
    def home(self) -> Path:
        """The folder of its results."""
        (folder,) = self.cluster.results.glob(f"{self.name}-*")
        return folder

    @property
    def story(self) -> list[Event]:
        """The events that came home."""
        return [json.loads(line) for line in (self.home / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def of(events: list[Event], kind: str, **fields: t.Any) -> list[Event]:
    """Return the events of a kind that have these fields."""
    return [event for event in events if event["event"] == kind and fields.items() <= event.items()]


def tasks(events: list[Event], call: int) -> list[int]:
    """Return the numbers of the tasks that were done in a call, in order; one that was done twice is there twice."""
    batches = [
        pair for event in of(events, "tasks", call=call) for pair in zip(event["first"], event["count"], strict=True)
    ]
    return sorted(number for first, count in batches for number in range(first, first + count))


def done(events: list[Event], call: int) -> int:
    """Return how many tasks of a call are done."""
    return len(tasks(events, call))


def present(events: list[Event]) -> dict[str, Event]:
    """Return the workers that are there: name → how it joined."""
    there: dict[str, Event] = {}
    for event in events:
        if event["event"] == "join":
            there[event["worker"]] = event
        elif event["event"] == "lost":
            there.pop(event["worker"], None)
        elif event["event"] == "start":
            there.clear()
    return there


def containers_on(cluster: Lab, host: str, events: list[Event]) -> list[str]:
    """Return the containers on a host whose workers are there."""
    form = ["docker", "ps", "--quiet", "--filter", "name=festival-pool"]
    running = run("docker", "exec", cluster.container(host), *form).output.split()
    return sorted({event["container"] for event in present(events).values()} & set(running))


def alone(cluster: Lab, script: Path, *arguments: str) -> str:
    """Return the values that a script writes in one container without a pool, with workers of parallel's or snow's own."""
    cluster.give(cluster.manager, script, f"/srv/{script.name}")
    image = cluster.host(cluster.manager, "docker", "images", "-q", "festival/master").split()[0]
    command = f"Rscript /srv/{script.name} {' '.join(arguments)} >&2 && cat $FESTIVAL_OUTPUT/values.txt"
    options = ["--rm", "--entrypoint", "sh", "--volume", "/srv:/srv:ro", "--env", "FESTIVAL_OUTPUT=."]
    done = subprocess.run(
        ["docker", "exec", cluster.container(cluster.manager), "docker", "run", *options, image, "-c", command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
