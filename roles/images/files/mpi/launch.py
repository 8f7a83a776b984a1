"""The job of an MPI program, in its master: compile, copy, run, bring back; and again where that was asked for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import files
import pool
from program import BuildError, Program, program
from run import Outcome, Run

#: What the controller looks for in the log, where the job failed: what comes after it is told.
MARK = "MPI:"

#: Open MPI's own, which writes no hostfile.
MPIRUN = "/usr/bin/mpirun"

#: Seconds for which a run that is started again waits for a pool that has lost a container.
RECOVERY = 30


class LaunchError(Exception):
    """The program cannot be run; cause, object and next step are in the message."""


@dataclass
class Settings:
    """What the job asks for: docs/mpi.md has each of these as job_mpi_*."""

    kind: str
    ranks: int = 0
    map_by: str = ""
    options: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    restarts: int = 0
    environment: dict[str, str] = field(default_factory=dict)


class Events:
    """The job's event stream: docs/events.md."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.resumed = Path(path).is_file()

    def write(self, event: str, **facts: t.Any) -> None:
        line = json.dumps({"event": event, "time": round(time.time(), 3), **facts})
        with open(self.path, "a", encoding="utf-8") as stream:
            stream.write(line + "\n")


def say(text: str) -> None:
    """Print something of our own, between the ranks' lines."""
    print(text, flush=True)


def hosts_for(settings: Settings, wait: float) -> tuple[list[pool.Host], int]:
    """Write the hostfile; return its hosts and the number of ranks, for which there have to be slots."""
    hosts = pool.live(wait)
    slots = sum(host.slots for host in hosts)
    wanted = settings.ranks or slots
    expected = pool.setting("FESTIVAL_CONTAINERS", "1")
    if not slots:
        raise LaunchError(
            f"None of the pool's {expected} containers answers. playbooks/status.yml shows what they lack."
        )
    asked = " ".join([settings.map_by, *settings.options])
    if wanted > slots and "oversubscribe" not in asked.lower():
        raise LaunchError(
            f"{wanted} ranks do not fit into {slots} slots ({len(hosts)} of {expected} containers answer). Lower job_mpi_ranks, "
            "raise workers_slots or workers_replicas, or set job_mpi_map_by to slot:oversubscribe."
        )
    pool.write_hostfile(hosts)
    return hosts, wanted


def mpirun(settings: Settings, ranks: int) -> list[str]:
    """Return the command that starts all ranks. What holds for every job is in the images' parameter files."""
    mapping = ["--map-by", settings.map_by] if settings.map_by else []
    agent = ["python3", str(Path(__file__).parent), "rank"]
    return [MPIRUN, "-np", str(ranks), *mapping, *settings.options, *agent]


def run_once(settings: Settings, made: Program, number: int, events: Events) -> Outcome:
    """Copy the job's folder to the pool, run the program on it, and bring back what it wrote."""
    hosts, ranks = hosts_for(settings, RECOVERY if number > 1 else pool.COMPLETE)
    addresses, output = [host.address for host in hosts], Path(os.environ["FESTIVAL_OUTPUT"])
    files.give(addresses, Path.cwd())
    own = {name: os.environ[name] for name in ("FESTIVAL_JOB", "FESTIVAL_ENGINE", "FESTIVAL_OUTPUT")}
    order = {
        "command": made.command,
        "environment": {**own, **made.environment, **settings.environment},
        "folder": str(Path.home() / files.FOLDER),
    }
    if number == 1:
        events.write("start", job=own["FESTIVAL_JOB"], expected=ranks, engine="mpi", resumed=events.resumed)
    events.write("call", call=number, function="mpirun", tasks=ranks)
    run = Run(mpirun(settings, ranks), ranks, order, events, number)
    try:
        outcome = run.follow()
    finally:
        record(run, number)
        names = run.containers()
        for line in files.take(
            {**names, **{address: address for address in addresses if address not in names}}, output
        ):
            say(line)
    if outcome.ok:
        events.write("done", call=number)
    return outcome


def record(run: Run, number: int) -> None:
    """Say with what the job ran and where, for job.json."""
    version = subprocess.run([MPIRUN, "--version"], capture_output=True, text=True, check=True).stdout
    facts = {
        "version": f"Open MPI {version.splitlines()[0].split()[-1]}",
        "ranks": run.wanted,
        "ranks_per_host": dict(sorted(Counter(rank.host or rank.container for rank in run.ranks.values()).items())),
        "runs": number,
    }
    Path(os.environ["FESTIVAL_SESSION"]).write_text(json.dumps({"mpi": facts}))


def launch(script: str, arguments: list[str]) -> int:
    """Run the job; return its exit code."""
    settings = Settings(**json.loads(os.environ["FESTIVAL_MPI"]))
    events = Events(os.environ["FESTIVAL_EVENTS"])
    pool.pin()
    Path(os.environ["FESTIVAL_OUTPUT"]).mkdir(parents=True, exist_ok=True)
    made = program(settings.kind, script, arguments, settings.flags)
    for number in range(1, settings.restarts + 2):
        outcome = run_once(settings, made, number, events)
        if outcome.ok:
            events.write("end")
            return 0
        if not (outcome.again and number <= settings.restarts):
            break
        say(f"{outcome.message}\nThe run is started again ({number} of {settings.restarts}, job_mpi_restarts).")
    raise Failed(outcome)


class Failed(Exception):
    """The last run failed."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.code = outcome.code


def main(arguments: list[str]) -> int:
    """Run the job; what went wrong is the last that is printed, after the line that begins with MPI."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return launch(arguments[0], arguments[1:])
    except Failed as error:
        say(f"{MARK} {error}")
        return error.code
    except (LaunchError, BuildError, files.CopyError) as error:
        say(f"{MARK} {error}")
        return 1
