"""A job of MPI's from its script to its results: the launcher, its ranks and its containers are processes and folders here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi import engine
from festival_mpi.launcher import job

LAUNCHER = [sys.executable, str(Path(__file__).parents[1] / "fake_container.py"), "launch"]

pytestmark = pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="this Python's tarfile cannot filter")


@pytest.fixture
def start(machine, listen, monkeypatch):
    """Return a function that starts a job, its script being lines of shell, on two containers of two slots each."""
    port = listen("127.0.0.1")
    listen("127.0.0.2", port=port)
    for number in range(2):
        machine.container(number)
    own = {
        "POOL": "mariachi",
        "POOL_ADDRESS": "127.0.0.1 127.0.0.2",
        "SSH_PORT": port,
        "CONTAINERS": 2,
        "SLOTS": 2,
        "JOB": "ring-1",
        "ENGINE": "mpi",
        "OUTPUT": "output",
        "EVENTS": machine.folder / "events.jsonl",
        "SESSION": machine.folder / "session.json",
    }

    def start(lines: str, *arguments: str, **settings: t.Any) -> subprocess.Popen:
        (machine.job / "job.sh").write_text(f"#!/bin/sh\nR=$OMPI_COMM_WORLD_RANK\n{lines}\n")
        variables = {f"FESTIVAL_{name}": str(value) for name, value in own.items()}
        variables["FESTIVAL_MPI"] = json.dumps({"kind": "program", **settings})
        return subprocess.Popen(
            [*LAUNCHER, "job.sh", *arguments],
            cwd=machine.job,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    start.own = own
    return start


@pytest.fixture
def launch(start):
    """Return a function that runs a job to its end and returns its exit code and output; on stderr is nothing."""

    def launch(lines: str, *arguments: str, **settings: t.Any) -> tuple[int, str]:
        process = start(lines, *arguments, **settings)
        said, wrong = process.communicate(timeout=60)
        assert wrong == ""
        return process.returncode, said

    return launch


def test_a_job_from_script_to_results(machine, launch):
    (machine.job / "data").write_text("d\n")
    line = 'echo "$1 $MOOD $FESTIVAL_JOB $(cat data)" > $FESTIVAL_OUTPUT/$R.txt; echo $R > $FESTIVAL_OUTPUT/who'
    code, said = launch(line, "two words", environment={"MOOD": "alegre"})
    lines = said.splitlines()
    assert code == 0 and len(lines) == 1
    assert lines[0].startswith(
        "who was written in several containers: that of host1-container1 is who.host1-container1"
    )
    output = machine.job / "output"
    assert sorted(path.name for path in output.iterdir()) == [
        *(f"{number}.txt" for number in range(4)),
        "who",
        "who.host1-container1",
    ]
    assert (output / "3.txt").read_text() == "two words alegre ring-1 d\n"
    assert (output / "who").read_text() in ("0\n", "1\n")
    assert [told["event"] for told in machine.events()][:2] == ["start", "call"]
    assert [told["event"] for told in machine.events()][-2:] == ["done", "end"]
    [start], [call] = machine.told("start"), machine.told("call")
    assert {**start, "time": 0} == {
        **{"event": "start", "time": 0, "job": "ring-1", "expected": 4},
        **{"engine": "mpi", "resumed": False},
    }
    assert (call["call"], call["function"], call["tasks"]) == (1, "mpirun", 4)
    assert len(machine.told("join")) == len(machine.told("tasks")) == 4
    assert json.loads((machine.folder / "session.json").read_text()) == {
        "mpi": {"version": "Open MPI 5.0.7", "ranks": 4, "ranks_per_host": {"host0": 2, "host1": 2}, "runs": 1}
    }
    home = machine.folder / "home"
    assert (home / "hostfile").read_text() == "127.0.0.1 slots=2\n127.0.0.2 slots=2\n"
    assert (home / ".prte" / "mca-params.conf").read_text() == "prte_if_include = lo\n"


def test_the_controller_looks_for_the_last_words():
    assert job.LAST_WORDS == engine.LAST_WORDS


def test_a_source_is_compiled_once_and_run_by_all(machine, launch):
    compiler = machine.folder / "bin" / "mpicc"
    compiler.write_text('#!/bin/sh\ncp "$1" "$3"; chmod +x "$3"\n')
    compiler.chmod(0o755)
    assert launch("echo compiled", kind="c", ranks=3) == (0, "compiled\n" * 3)
    compiler.write_text("#!/bin/sh\nexit 1\n")
    assert launch("", kind="c") == (1, "MPI: job.sh was not compiled: mpicc ended with exit code 1.\n")


def test_the_rank_that_failed_is_said_last_and_its_code_is_the_jobs(machine, launch):
    code, said = launch(
        "[ $R = 3 ] || exec sleep 20; echo bad; echo 3 > $FESTIVAL_OUTPUT/x; sleep 1; exit 5", restarts=2
    )
    assert code == 5
    assert said == "bad\nMPI: rank 3 on host1 (container container1) ended with exit code 5. It printed last:\nbad\n"
    assert len(machine.told("call")) == 1 and machine.told("done") == machine.told("end") == []
    assert (machine.job / "output" / "x").read_text() == "3\n"  # it may say why


def test_a_run_that_lost_a_rank_is_started_again_with_what_it_wrote(machine, launch):
    line = (
        "if [ -e output/half ]; then cat output/half > output/$R; exit; fi\n"
        "[ $R = 2 ] && { sleep 1; echo half > output/half; kill -9 $$; }; exec sleep 20"
    )
    code, said = launch(line, restarts=1)
    assert code == 0
    assert said == (
        "rank 2 on host1 (container container1) was ended by signal 9 (Killed). It printed nothing.\n"
        "The run is started again (1 of 1, job_mpi_restarts).\n"
    )
    assert [call["call"] for call in machine.told("call")] == [1, 2] and len(machine.told("start")) == 1
    assert [done["call"] for done in machine.told("done")] == [2] and len(machine.told("end")) == 1
    assert (machine.job / "output" / "3").read_text() == "half\n"
    assert sorted(os.listdir(machine.job / "output")) == ["0", "1", "2", "3", "half"]
    assert json.loads((machine.folder / "session.json").read_text())["mpi"]["runs"] == 2


@pytest.mark.parametrize(("restarts", "runs"), [(0, 1), (1, 2)])
def test_a_run_is_not_started_again_more_often_than_asked_for(machine, launch, restarts, runs):
    code, said = launch("[ $R = 0 ] || exec sleep 20; sleep 1; kill -9 $$", restarts=restarts)
    assert code == 137 and said.splitlines()[-1].startswith("MPI: rank 0 on host0 (container container0) was ended by")
    assert len(machine.told("call")) == runs and said.count("is started again") == restarts


def test_more_ranks_than_slots_are_refused_unless_that_is_wished(launch, monkeypatch):
    code, said = launch("echo $R", ranks=5)
    assert code == 1
    assert said == (
        "MPI: 5 ranks do not fit into 4 slots (2 of 2 containers answer). Lower job_mpi_ranks, raise workers_slots or "
        "workers_replicas, or set job_mpi_map_by to slot:oversubscribe.\n"
    )
    monkeypatch.setenv("FAKE_SLOTS", "3")  # where mpirun then puts them
    for wish in ({"map_by": "slot:OVERSUBSCRIBE"}, {"options": ["--map-by", ":oversubscribe"]}):
        assert sorted(launch("echo $R", ranks=5, **wish)[1].split()) == list("01234")


def test_without_a_container_that_answers_the_next_step_is_named(start, launch):
    start.own["POOL_ADDRESS"] = "127.0.0.7"
    assert launch("echo") == (
        1,
        "MPI: None of the pool's 2 containers answers. playbooks/status.yml shows what they lack.\n",
    )


def test_a_container_that_does_not_take_the_files_is_named(machine, launch):
    machine.container(1).rmdir()
    assert launch("echo $R") == (
        1,
        "MPI: 127.0.0.2 did not take the job's files: ssh: connect to host 127.0.0.2: No route to host\n",
    )


def test_a_launcher_that_is_stopped_leaves_nothing(machine, start):
    process = start("echo $$ > $FESTIVAL_OUTPUT/$R; trap '' TERM; sleep 30; sleep 30")
    until = time.monotonic() + 20
    written = machine.folder / "containers"
    while len(found := [path for path in written.glob("*/job/output/*") if path.read_text()]) < 4:
        assert time.monotonic() < until
        time.sleep(0.05)
    pids = [int(path.read_text()) for path in found]
    process.terminate()
    said, wrong = process.communicate(timeout=30)
    assert (process.returncode, said, wrong) == (128 + signal.SIGTERM, "", "")
    until = time.monotonic() + 10
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < until, left
        time.sleep(0.05)
    assert sorted(os.listdir(machine.job / "output")) == ["0", "1", "2", "3"]
