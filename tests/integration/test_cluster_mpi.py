"""MPI programs as jobs: what comes out, on how many hosts, and what happens when a rank or a container dies."""

from __future__ import annotations

import ipaddress
import json
import re
import time
import typing as t
from pathlib import Path

import pytest
from real_hosts import CHECKOUT, Lab
from running_job import Event, RunningJob, of
from series import Job, launch

pytestmark = pytest.mark.cluster

EXAMPLES = CHECKOUT / "examples" / "mpi"
NETWORK = ipaddress.ip_network("10.77.0.0/20")
SLOTS = 6
#: The hosts share the cores of one machine. Ranks that look for messages all the time keep their engines from the swarm's notice for so
#: long (seen: 18 s) that it gives a host up.
SLEEPY = ["--mca", "threads_pthreads_yield_strategy", "nanosleep"]


@pytest.fixture(scope="module")
def pool(cluster: Lab) -> t.Iterator[Lab]:
    """Return the hosts with a container of six slots on each: the swarm spreads a new service, but not one that it updates."""
    cluster.host(cluster.manager, "docker", "service", "rm", "festival-pool")
    cluster.play("workers", workers_slots=SLOTS, workers_replicas=3)
    cluster.wait_known()
    yield cluster
    cluster.play("workers")


def wish(script: Path, ranks: int = 0, **variables: t.Any) -> dict[str, t.Any]:
    """Return what a program is run with, its ranks dealt out to the hosts in turn."""
    ranked = {"job_mpi_ranks": ranks, "job_mpi_map_by": "node", "job_mpi_options": SLEEPY}
    return {"job_script": str(script), "job_force": True, "festival_engine": "mpi", **ranked, **variables}


def in_containers(pool: Lab, command: str) -> dict[str, str]:
    """Run a shell command in each of the pool's containers; return what it prints, by host."""
    each = f"for c in $(docker ps -q --filter name=festival-pool); do docker exec $c sh -c '{command}'; done"
    return {host: pool.host(host, "sh", "-c", each) for host in pool.hosts}


def program(folder: Path, name: str, text: str) -> Path:
    """Write a program."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- what comes out ------------------------------------------------------------------------------------------------


RANKS = [
    ("hello.c", 4),
    ("trapezoid.c", 10),
    ("scatter.c", 4),
    ("matvec.f90", 11),
    ("ring.c", 3),
    ("snow.R", 8),
    ("bootstrap.R", 6),
    ("pi.py", 4),
]

#: Any container reaches any other, the master too, as the same user and without a question.
WHO = '#!/bin/sh\necho "$(id -u) $MOOD $(ssh "${FESTIVAL_LAUNCHER%:*}" cat /etc/hostname) $(echo $1)"\n'


@pytest.fixture(scope="module")
def examples(pool: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Job]:
    """Run the examples on several ranks, and a script of the tests'; return their jobs by name and ranks."""
    folder = tmp_path_factory.mktemp("examples")
    stranger = program(folder, "signal.py", "raise SystemExit('this is not the library')\n")
    asked = {each: wish(EXAMPLES / each[0], each[1]) for each in [*RANKS, ("matvec.f90", 1), ("hello.c", 16)]}
    asked["who.sh", 3] = wish(
        program(folder, "who.sh", WHO),
        3,
        job_args=["two words"],
        job_files=[str(stranger)],
        job_environment={"MOOD": "alegre"},
    )
    return dict(zip(asked, launch(pool, folder, *asked.values()), strict=True))


@pytest.mark.parametrize(("name", "ranks"), RANKS)
def test_example(examples: dict[tuple[str, int], Job], name: str, ranks: int) -> None:
    job = examples[name, ranks]
    assert job.log == (EXAMPLES / name).with_suffix(".txt").read_text(encoding="utf-8")
    assert job.facts["mpi"]["ranks"] == ranks == sum(job.facts["mpi"]["ranks_per_host"].values())
    assert len(job.facts["mpi"]["ranks_per_host"]) == 3


def test_example_on_one_rank(examples: dict[tuple[str, int], Job]) -> None:
    assert examples["matvec.f90", 1].log == (EXAMPLES / "matvec.txt").read_text(encoding="utf-8")


def test_snow_gives_the_values_of_the_reference(pool: Lab, examples: dict[tuple[str, int], Job]) -> None:
    values = examples["snow.R", 8].home / "output" / "values.txt"
    (reference, *_) = pool.results.glob("reference-*/output/values.txt")
    assert len(values.read_text(encoding="utf-8").splitlines()) == 100
    assert values.read_bytes() == reference.read_bytes()


def test_ring_writes_its_table(examples: dict[tuple[str, int], Job]) -> None:
    table = (examples["ring.c", 3].home / "output" / "ring.csv").read_text(encoding="utf-8")
    rows = [
        dict(zip(table.splitlines()[0].split(","), line.split(","), strict=True)) for line in table.splitlines()[1:]
    ]
    assert len(rows) >= 8
    assert all(float(number) > 0 for row in rows for number in row.values())


def test_sixteen_ranks_start_in_time(examples: dict[tuple[str, int], Job]) -> None:
    events = examples["hello.c", 16].events
    (call,) = of(events, "call")
    joined = [event["time"] - call["time"] for event in of(events, "join")]
    assert len(joined) == 16
    assert max(joined) < 5


def test_unprivileged_and_both_ways(examples: dict[tuple[str, int], Job]) -> None:
    """Also where a file of the job's is called as a module of the library is."""
    job = examples["who.sh", 3]
    assert job.log.splitlines() == [f"2000 alegre {job.home.name} two words"] * 3


def test_finished_job_is_not_run_again_and_is_listed(pool: Lab, examples: dict[tuple[str, int], Job]) -> None:
    # The list has the newest jobs only.
    first = examples["scatter.c", 4]
    again = pool.play("job", **{**wish(EXAMPLES / "scatter.c", 4), "job_force": False})
    assert not any(again.changed.values())
    assert again.output.count(first.log) == 1
    (line,) = [line for line in pool.play("status").output.splitlines() if line.startswith(first.home.name)]
    assert re.split(r" {2,}", line)[1:4] == ["finished", "mpi", "4 of 4"]
    assert "Ranks per host" in (first.home / "report.html").read_text(encoding="utf-8")


def test_any_container_launches(pool: Lab) -> None:
    # Open MPI's own start may hang: seen once, prterun without the call of one of its two daemons. So it has a minute, and a second try.
    mpirun = "timeout 60 mpirun -np 6 --map-by node hostname 2>/dev/null"
    names = in_containers(pool, f"({mpirun} || {mpirun}) | sort -u")
    assert len({frozenset(printed.split()) for printed in names.values()}) == 1
    assert all(len(printed.split()) == 3 for printed in names.values())


# --- what is told of wrong programs ----------------------------------------------------------------------------------


BROKEN = """
from mpi4py import MPI
world = MPI.COMM_WORLD
if world.rank == 2:
    raise ValueError('string broke')
world.Barrier()
"""


@pytest.fixture(scope="module")
def wrong(pool: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """Run programs that cannot end well, and one that can; return their jobs by what is wrong with them."""
    folder = tmp_path_factory.mktemp("wrong")
    asked = {
        "source": wish(program(folder, "wrong.c", "int main(void) { return guitar; }\n"), 3),
        "too many ranks": wish(EXAMPLES / "hello.c", 19),
        "nothing": wish(EXAMPLES / "hello.c", 19, job_mpi_map_by="node:oversubscribe"),
        "exception": wish(program(folder, "broken.py", BROKEN), 6),
    }
    jobs = dict(zip(asked, launch(pool, folder, *asked.values()), strict=True))
    assert [name for name, job in jobs.items() if not job.failed] == ["nothing"]
    return jobs


def test_source_that_does_not_compile(wrong: dict[str, Job]) -> None:
    assert "\u2018guitar\u2019 undeclared" in wrong["source"].log
    assert "wrong.c was not compiled: mpicc ended with exit code 1" in wrong["source"].said


def test_more_ranks_than_slots(wrong: dict[str, Job]) -> None:
    assert "19 ranks do not fit into 18 slots (3 of 3 containers answer)" in wrong["too many ranks"].said
    assert wrong["nothing"].facts["mpi"]["ranks"] == 19


def test_exception_in_one_rank_ends_all(wrong: dict[str, Job]) -> None:
    said = wrong["exception"].said
    assert re.search(r"failed: rank 2 on \S+ \(container \w+\) ended with exit code 1", said)
    assert "ValueError: string broke" in said


# --- what happens when something dies ----------------------------------------------------------------------------------


@pytest.fixture
def waiting(pool: Lab, tmp_path: Path) -> t.Callable[..., RunningJob]:
    """Return what begins a job of six ranks that wait, and returns when all of them do."""

    def begin(name: str, seconds: float, **variables: t.Any) -> RunningJob:
        asked = {
            "festival_engine": "mpi",
            "job_mpi_ranks": 6,
            "job_mpi_map_by": "node",
            "job_mpi_options": SLEEPY,
            **variables,
        }
        job = RunningJob(pool, tmp_path, name, "wait.py", job_args=[str(seconds)], **asked)
        job.until(lambda events: len(of(events, "join")) == 6)
        # They have reached MPI when they print.
        deadline = time.monotonic() + 30
        while job.manager(f"grep -c waits /var/lib/festival/jobs/{name}-*/master/log.txt").strip() != "6":
            assert time.monotonic() < deadline, "not all ranks wait after half a minute"
            time.sleep(0.2)
        return job

    return begin


def left(pool: Lab, seconds: float = 10) -> dict[str, str]:
    """Return by host the processes of a program, an agent or mpirun's that are still in a container after some seconds."""
    find = 'for p in $(grep -lsE "[w]ait.py|[f]estival_mpi|[p]rted" /proc/[0-9]*/cmdline); do tr "\\\\0" " " < $p; done; true'
    deadline = time.monotonic() + seconds
    while True:
        found = {host: said for host, said in in_containers(pool, find).items() if said.strip()}
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def kill_rank(pool: Lab, job: RunningJob, rank: int) -> Event:
    """Kill the program of a rank; return how it had joined."""
    (joined,) = of(job.events(), "join", worker=f"rank {rank}")
    (host,) = (host for host in pool.hosts if host.replace("_", "-") == joined["host"])
    pool.host(host, "docker", "exec", joined["container"], "sh", "-c", f"kill -9 {joined['pid']}")
    return joined


def test_killed_rank_ends_the_job_everywhere(pool: Lab, waiting: t.Callable[..., RunningJob]) -> None:
    job = waiting("killed-rank", 300)
    connections = in_containers(pool, "cut -c7- /proc/net/tcp | tail -n +2")
    joined = kill_rank(pool, job, 4)
    said = job.end(fails=True)
    assert f"rank 4 on {joined['host']} (container {joined['container']}) was ended by signal 9 (Killed)" in said
    assert "rank 4 waits" in said
    assert left(pool) == {}
    # What it had written is there all the same.
    assert len(list((job.home / "output").glob("rank-*.txt"))) == 6
    assert {event["cause"] for event in of(job.story, "lost")} == {"signal 9", "stopped"}
    remotes = [line.split()[1].partition(":")[0] for line in "".join(connections.values()).splitlines()]
    addresses = [ipaddress.ip_address(bytes.fromhex(remote)[::-1]) for remote in remotes]
    assert any(address in NETWORK for address in addresses), "ranks that wait for each other are connected"
    assert [
        address for address in addresses if not (address in NETWORK or address.is_loopback or address.is_unspecified)
    ] == []


def test_killed_rank_and_container_are_run_again(pool: Lab, waiting: t.Callable[..., RunningJob]) -> None:
    job = waiting("again", 5, job_mpi_restarts=2)
    kill_rank(pool, job, 1)
    job.until(lambda events: len(of(events, "call")) == 2 and len(of(events, "join")) == 12)
    (worker,) = pool.host("mana", "docker", "ps", "-q", "--filter", "name=festival-pool").split()
    pool.host("mana", "docker", "kill", worker)
    said = job.end()
    assert "The run is started again (1 of 2, job_mpi_restarts)" in said
    assert "was lost with its container" in said
    assert "all went on" in said
    assert [event["call"] for event in of(job.story, "call")] == [1, 2, 3]
    assert json.loads((job.home / "job.json").read_text(encoding="utf-8"))["mpi"]["runs"] == 3
    assert left(pool) == {}


def test_stopped_job_leaves_no_rank(pool: Lab, waiting: t.Callable[..., RunningJob]) -> None:
    job = waiting("stopped", 300)
    pool.play("stop")
    assert "was stopped by" in job.end(fails=True)
    assert left(pool, 20) == {}


# --- the pool, and what is told ---------------------------------------------------------------------------------------


@pytest.mark.soak
def test_scaled_pool_needs_no_hand(pool: Lab, tmp_path: Path) -> None:
    """The next mpirun has the slots that there are, however the pool was changed."""
    pool.play("scale", workers_replicas=5, workers_slots=SLOTS)
    (job,) = launch(pool, tmp_path, wish(EXAMPLES / "hello.c"))
    assert job.facts["mpi"]["ranks"] == 5 * SLOTS
