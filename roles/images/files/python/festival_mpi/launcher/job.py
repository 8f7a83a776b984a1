"""The job of an MPI program, in its master: compile, copy, run, bring back; and again where that was asked for."""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from pathlib import Path

from festival_mpi import network, pool, wire
from festival_mpi.container import setting
from festival_mpi.launcher import daemons, files, log, mpirun
from festival_mpi.launcher.errors import JobError
from festival_mpi.launcher.events import Events
from festival_mpi.launcher.program import Program, program
from festival_mpi.launcher.run import Outcome, Run
from festival_mpi.launcher.settings import Paths, Settings, paths, settings, shared

#: What the controller looks for in the log, where the job failed: what comes after it is told.
LAST_WORDS = "MPI: "

#: Seconds for which a run that is started again waits for a pool that has lost a container.
RECOVERY = 30


class Job:
    """One job, and how often it has run."""

    def __init__(self, settings: Settings, paths: Paths, program: Program) -> None:
        self.settings, self.paths, self.program = settings, paths, program
        self.events = Events(paths.events)
        self.runs = 0

    def run_to_end(self) -> None:
        """Run the program, and again where a rank was lost and that was asked for; raise JobError where the last run failed."""
        while True:
            outcome = self.run()
            if outcome.ok:
                self.events.write("end")
                return
            if not outcome.again or self.runs > self.settings.restarts:
                raise JobError(outcome.message, outcome.code)
            again = f"({self.runs} of {self.settings.restarts}, job_mpi_restarts)"
            log.say(f"{outcome.message}\nThe run is started again {again}.")

    def run(self) -> Outcome:
        """Copy the job's folder to the pool, run the program on it once, and bring back what it wrote."""
        self.runs += 1
        containers, ranks = room_for(self.settings, RECOVERY if self.runs > 1 else pool.COMPLETE)
        addresses = [container.address for container in containers]
        files.give(addresses, Path.cwd())
        self._tell_start(ranks)
        run = Run(mpirun.command(self.settings, ranks), ranks, self._order(), self.events, self.runs)
        first = daemons.end(run.mpirun.pid)
        try:
            outcome = run.follow()
            if outcome.ok:
                # An mpirun that ends well has waited for its daemons.
                first = ":"
        finally:
            self._record(run)
            names = run.containers()
            silent = {address: address for address in addresses if address not in names}
            for line in files.take({**names, **silent}, self.paths.output, first):
                log.say(line)
        if outcome.ok:
            self.events.write("done", call=self.runs)
        return outcome

    def _order(self) -> wire.Order:
        """Return what the agents are to do. Private."""
        environment = {**shared(), **self.program.environment, **self.settings.environment}
        return wire.Order(self.program.command, str(Path.home() / files.FOLDER), environment)

    def _tell_start(self, ranks: int) -> None:
        """Tell that a run begins, and before the first one, that the job does. Private."""
        if self.runs == 1:
            job = shared()["FESTIVAL_JOB"]
            self.events.write("start", job=job, expected=ranks, engine="mpi", resumed=self.events.resumed)
        self.events.write("call", call=self.runs, function="mpirun", tasks=ranks)

    def _record(self, run: Run) -> None:
        """Say with what the job ran and where, for job.json. Private."""
        facts = {
            "version": mpirun.version(),
            "ranks": run.wanted,
            "ranks_per_host": dict(sorted(Counter(rank.host or rank.container for rank in run.ranks.values()).items())),
            "runs": self.runs,
        }
        self.paths.session.write_text(json.dumps({"mpi": facts}))


def room_for(settings: Settings, wait: float) -> tuple[list[pool.Container], int]:
    """Write the hostfile; return its containers and the number of ranks, for which there have to be slots."""
    containers = pool.living(wait)
    slots = sum(container.slots for container in containers)
    ranks = settings.ranks or slots
    expected = setting("FESTIVAL_CONTAINERS", "1")
    if not slots:
        raise JobError(f"None of the pool's {expected} containers answers. playbooks/status.yml shows what they lack.")
    asked = " ".join([settings.map_by, *settings.options])
    if ranks > slots and "oversubscribe" not in asked.lower():
        raise JobError(
            f"{ranks} ranks do not fit into {slots} slots ({len(containers)} of {expected} containers answer). Lower job_mpi_ranks, "
            "raise workers_slots or workers_replicas, or set job_mpi_map_by to slot:oversubscribe."
        )
    pool.write_hostfile(containers)
    return containers, ranks


def main(script: str, arguments: list[str]) -> int:
    """Run the job; what went wrong is the last that is printed, after the line that begins with MPI. Returns an exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    wishes, places = settings(), paths()
    try:
        network.pin()
        places.output.mkdir(parents=True, exist_ok=True)
        made = program(wishes.kind, script, arguments, wishes.flags)
        try:
            Job(wishes, places, made).run_to_end()
        finally:
            made.forget()
    except JobError as error:
        log.say(f"{LAST_WORDS}{error}")
        return error.code
    return 0
