"""A backend and an engine are a folder each: two that nobody has heard of run a job, and no other plugin is changed for them.

What roles find by a backend's name is held against the folders in tests/quality/test_rooms.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[2]

#: Kind → the class in its folder, and how its table goes on with a row more.
ROWS = {
    "backend": ("process", "ProcessBackend", "DockerBackend())"),
    "engine": ("shout", "Shout", "Alone())"),
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory) -> Path:
    """Return a folder with the collection in it, with a folder and a row more for each kind."""
    root = tmp_path_factory.mktemp("collections")
    ours = root / "ansible_collections" / "alparque" / "festival"
    for name in ("plugins", "roles", "playbooks", "meta", "galaxy.yml"):
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        (ours / name).parent.mkdir(parents=True, exist_ok=True)
        copy(CHECKOUT / name, ours / name)
    for kind, (name, cls, last) in ROWS.items():
        rooms = ours / "plugins" / "module_utils" / f"{kind}s"
        shutil.copytree(HERE / kind, rooms / name)
        table = rooms / "table.py"
        text = table.read_text()
        assert text.count(last) == 1
        module = f"ansible_collections.alparque.festival.plugins.module_utils.{kind}s.{name}.{kind}"
        row = text.replace(last, f"{last[:-1]}, {cls}())")
        table.write_text(row.replace("\nfrom ansible", f"\nfrom {module} import {cls}\nfrom ansible", 1))
    shutil.copy(HERE / "start", ours / "roles" / "images" / "files" / "start" / "shout")
    return root


@pytest.fixture
def play(collection, tmp_path):
    """Return a function that runs one task on this machine, and returns what Ansible has to say."""

    def play(module: str, **options) -> tuple[int, str]:
        task = {f"alparque.festival.{module}": options, "register": "told"}
        see = {"ansible.builtin.debug": {"var": "told"}}
        hosts = {"hosts": "festival_managers", "gather_facts": False, "tasks": [task, see]}
        (tmp_path / "play.yml").write_text(json.dumps([hosts]))
        (tmp_path / "hosts.ini").write_text(
            f"[festival_managers]\nana ansible_connection=local ansible_python_interpreter={sys.executable}\n"
        )
        done = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-i", "hosts.ini", "play.yml"],
            cwd=tmp_path,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": f"{collection}:{sys.path[-1]}", "ANSIBLE_NOCOLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return play


@pytest.fixture
def job(play, collection, tmp_path):
    """Return a function that runs a script as a job of the new engine on the new backend."""

    def job(text: str, **options) -> tuple[int, str]:
        script = tmp_path / "hello.sh"
        script.write_text(text)
        places = {"data_dir": str(tmp_path / "data"), "results_dir": str(tmp_path / "results")}
        starts = collection / "ansible_collections/alparque/festival/roles/images/files/start"
        ids = {"env": {"STARTS": str(starts)}, "uid": os.getuid(), "owner": os.getuid()}
        return play(
            "job", script=str(script), image="none", backend="process", engine="shout", **places, **ids, **options
        )

    return job


def test_a_job_runs_through_them(job, tmp_path):
    code, told = job("echo hello from $FESTIVAL_JOB\n", shout={"times": 2})
    assert code == 0, told
    [home] = (tmp_path / "results").iterdir()
    assert (home / "log.txt").read_text() == f"HELLO FROM {home.name.upper()}\n" * 2
    facts = json.loads((home / "job.json").read_text())
    assert (facts["engine"], facts["backend"], facts["state"]) == ("shout", "process", "finished")
    assert "shout" in (home / "report.html").read_text()
    again, told = job("echo hello from $FESTIVAL_JOB\n", shout={"times": 2})
    assert again == 0 and "changed=0" in told


def test_the_engine_says_why_a_job_of_it_failed(job):
    code, told = job("echo alas; exit 3\n")
    assert code and "the shell said 'ALAS' and ended with 3. Say it better." in told


def test_a_wish_that_is_none_of_the_engines_is_refused(job):
    code, told = job("echo hello\n", shout={"volume": 11})
    assert code and "Supported parameters include: times" in told


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"festival_backend": "nomad"}, "Set it to swarm, docker or process."),
        ({"festival_engine": "telepathy"}, "Set it to socket, ssh, mpi, none or shout."),
        ({"festival_engine": "shout", "job_args": ["a"]}, "festival_engine is shout, which takes no job_args."),
        ({"festival_engine": "socket", "job_script": "x.sh"}, "Set festival_engine to shout."),
    ],
)
def test_the_preflight_knows_them(play, settings, words):
    code, told = play("preflight", phase="inventory", settings={"festival_backend": "process", **settings})
    assert code and words in told
