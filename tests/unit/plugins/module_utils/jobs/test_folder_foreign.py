"""What a script may write where its master's words belong: whatever it is, the job is watched, ends, and comes home."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import EXIT_CODE_BYTES
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import manifest_problems
from ansible_collections.alparque.festival.plugins.module_utils.jobs.unpacking import unpack
from ansible_collections.alparque.festival.tests.unit.fake_engine import ends, master_engine
from ansible_collections.alparque.festival.tests.unit.stranger import NAMES


def unpacked(result, home: Path) -> Path:
    home.mkdir()
    unpack(Path(result["job"]["archive"]), home)
    assert manifest_problems(home) == []
    return home


SAID = {
    "rubbish": "has no exit code but 'rubbish'",
    "": "has no exit code but ''",
    "-1": "has no exit code but '-1'",
    "256": "has no exit code but '256'",
    "1.5": "has no exit code but '1.5'",
    "0\n0\n": r"has no exit code but '0\n0\n'",
    "١": "has no exit code but '١'",
    "9" * 10**6: f"has no exit code but '{'9' * EXIT_CODE_BYTES}'",
    "\x1b[2J": r"has no exit code but '\u001b[2J'",
}


@pytest.mark.parametrize(("said", "problem"), SAID.items(), ids=[said[:10] for said in SAID])
def test_what_is_no_exit_code_is_told_once_the_master_is_gone(run, recorded, said, problem):
    def script(folder):
        (folder / "exit_code").write_text(said)

    assert run(master_engine(script))["job"]["state"] == "running"
    dead = master_engine(script, tasks=recorded("master_tasks.json")["oom"])
    job = run(dead, force=True)["job"]
    assert (job["state"], job["exit_code"]) == ("failed", None)
    assert job["cause"] == f"task: non-zero exit (137); /job/exit_code {problem}"


@pytest.mark.parametrize(("make", "kind"), [(os.mkdir, "a folder"), (os.mkfifo, "a FIFO")])
def test_an_exit_code_that_is_no_file(run, recorded, make, kind):
    tasks = recorded("master_tasks.json")["oom"]
    job = run(master_engine(lambda folder: make(folder / "exit_code"), tasks=tasks))["job"]
    assert (job["state"], job["cause"]) == ("failed", f"task: non-zero exit (137); /job/exit_code is {kind}")


@pytest.mark.parametrize("code", ["0", "255", " 7\n", "007"])
def test_what_is_an_exit_code(run, code):
    assert run(master_engine(lambda folder: (folder / "exit_code").write_text(code)))["job"]["exit_code"] == int(code)


@pytest.mark.parametrize("when", [-(1 << 33), 0, 1 << 33], ids=["before all time", "long ago", "to come"])
def test_a_job_ends_when_it_can_have_ended(run, when):
    def script(folder):
        ends(0)(folder)
        os.utime(folder / "exit_code", (0, when))

    job = run(master_engine(script))["job"]
    assert job["started"] <= job["finished"] and 0 <= job["seconds"] < 60


FOREIGN = {
    "brackets": b"[" * 200_000 + b"\n",
    "objects": b'{"event":' * 200_000 + b"\n",
    "tasks": b'{"event":"tasks","time":1,"call":1,"count":' + b"[" * 200_000 + b"\n",
    "wrong types": b'{"event":"join","time":[],"worker":{},"host":7}\n{"event":"tasks","time":"x","call":[],"count":{}}\n7\nnull\n[]\n',
    "a million digits": b'{"event":"join","time":' + b"9" * 10**6 + b',"worker":"a"}\n',
    "an endless line": b'"join"' * 6_000_000,
    "no text": bytes(range(256)) * 4,
    "a lone surrogate": b'{"event":"join","time":1,"worker":"\\ud800","host":"\\udfff"}\n',
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("name", ["events.jsonl", "session.json", "log.txt"])
def test_whatever_a_script_writes_its_job_is_watched_and_ends(run, tmp_path, name, text):
    def script(folder):
        (folder / name).write_bytes(text)

    engine = master_engine(script)
    watched = run(engine, log_from=0)
    assert watched["job"]["state"] == "running"
    ends(0, log="" if name != "log.txt" else text.decode(errors="replace"))(run.folder.mounted)
    ended = run(engine, inputs=False, log_from=0)
    assert ended["job"]["state"] == "finished" and ended["job"]["exit_code"] == 0
    json.dumps([watched, ended], ensure_ascii=False).encode()  # what Ansible is handed is UTF-8
    assert (unpacked(ended, tmp_path / "home") / "log.txt").is_file()


def test_files_of_any_name_come_home(run, tmp_path):
    def script(folder):
        ends(0, output={os.fsdecode(name): "1\n" for name in NAMES})(folder)

    result = run(master_engine(script))
    json.dumps(result, ensure_ascii=False).encode()
    home = unpacked(result, tmp_path / "home")
    assert sorted(os.listdir(os.fsencode(home / "output"))) == sorted(NAMES) and result["job"]["left_out"] == []


def test_a_path_beyond_linuxs_longest_is_told_as_that(run):
    def script(folder):
        ends(0, output={"short": "1\n"})(folder)
        here = os.open(folder / "work/output", os.O_RDONLY)
        for _ in range(20):
            os.mkdir("x" * 250, dir_fd=here)
            here, above = os.open("x" * 250, os.O_RDONLY, dir_fd=here), here
            os.close(above)
        os.close(os.open("bottom", os.O_CREAT, dir_fd=here))
        os.close(here)

    job = run(master_engine(script))["job"]
    (left,) = job["left_out"]
    assert job["archive"] and "longer than 3,072 bytes" in left["why"] and "room" not in left["why"]
    assert run(master_engine(ends(0)), force=True)["job"]["left_out"] == []
