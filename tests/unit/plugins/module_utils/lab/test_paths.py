"""Where an engine keeps what is its own, and what one that is no more has left there: real processes, sockets and files."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.lab import paths as engine_paths
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until


def test_a_process_is_known_by_its_name_and_start(process):
    assert engine_paths.process_stat(process.pid) == engine_paths.process_stat(process.pid)
    assert engine_paths.runs(process.pid, "sleep")
    assert not engine_paths.runs(process.pid, "dockerd")


def test_a_dead_process_that_nobody_fetched_does_not_run():
    process = subprocess.Popen(["true"])
    gone, _ = wait_until(lambda: engine_paths.process_stat(process.pid), lambda stat: stat is None, 5, 0.01)
    process.wait()
    assert gone


def test_leftovers_are_cleared_and_what_lives_is_not(folder, process):
    where = engine_paths.paths(str(folder))
    containerd = where.runtime / "containerd"
    containerd.mkdir(parents=True)
    for pidfile in (where.pidfile, containerd / "containerd.pid"):
        pidfile.write_text(str(process.pid))
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(containerd / "containerd.sock"))
    dead.close()
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(str(where.socket))
        alive.listen()
        cleared = engine_paths.clear_leftovers(where)
    assert cleared == [str(where.pidfile), str(containerd / "containerd.pid"), str(containerd / "containerd.sock")]
    assert where.socket.exists()


def test_mounts_are_undone_from_the_deepest_up():
    mounts = "".join(f"/dev/vda {point} ext4 rw 0 0\n" for point in ("/", "/e/data", "/e/data/x", "/e/database", "/f"))
    assert engine_paths.mounts_below(mounts, Path("/e/run"), Path("/e/data")) == ["/e/data/x", "/e/data"]


def test_an_engine_of_its_own_shares_nothing_with_the_machines():
    machines, own = engine_paths.paths(None), engine_paths.paths("/srv/own")
    assert {path.is_relative_to("/srv/own") for path in own} == {True} and not {*machines} & {*own}
    assert len({*own}) == len(own)


def test_only_an_engine_of_its_own_is_told_its_places():
    where = engine_paths.paths("/srv/own")
    assert engine_paths.dockerd_command(where, None, ["--debug"]) == ["dockerd", "--debug"]
    assert engine_paths.dockerd_command(where, "/srv/own", ["--debug"]) == [
        "dockerd",
        "--host=unix:///srv/own/docker.sock",
        "--pidfile=/srv/own/docker.pid",
        "--exec-root=/srv/own/run",
        "--data-root=/srv/own/data",
        "--debug",
    ]


@pytest.mark.parametrize(("text", "number"), [("12\n", 12), ("", None), ("twelve", None), (None, None)])
def test_a_file_with_a_process_id_may_be_missing_or_rubbish(tmp_path, text, number):
    if text is not None:
        (tmp_path / "pid").write_text(text)
    assert engine_paths.read_pid(tmp_path / "pid") == number


def test_a_program_with_brackets_in_its_name_is_known(tmp_path):
    """The kernel writes the name in brackets, as it is."""
    program = tmp_path / "a) R 1 (b"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        found, _ = wait_until(lambda: engine_paths.runs(process.pid, program.name), bool, 5, 0.01)
        process.kill()
    assert found and engine_paths.runs(os.getpid(), "dockerd") is False
