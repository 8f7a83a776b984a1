"""The controller's half of a job, with a real connection to this machine and the real half of the manager.

Only the engine is not real: on it, creating a master does at once what a script would have done.
"""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.alparque.festival.plugins.action import job as action
from ansible_collections.alparque.festival.plugins.plugin_utils import results
from ansible_collections.alparque.festival.tests.unit.fake_engine import ends, master_engine
from ansible_collections.alparque.festival.tests.unit.stranger import NAMES


def fails(run, on, **given) -> str:
    with pytest.raises(AnsibleActionFail) as caught:
        run(on, **given)
    return str(caught.value)


def test_results_come_home_whole_and_a_second_run_only_reads_them(run):
    engine = master_engine(ends(0, output={"x.csv": "1\n"}))
    first = run(engine)
    home = run.home / first["job"]["id"]
    assert first["changed"] and first["results"] == str(home) and first["stdout_lines"] == ["hello"]
    assert first["job"]["state"] == "finished" and first["job"]["exit_code"] == 0 and "archive" not in first["job"]
    assert sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()) == [
        "analysis.R",
        "job.json",
        "log.txt",
        "manifest.sha256",
        "output/x.csv",
        "report.html",
    ]
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "manifest.sha256"], cwd=home, check=True)
    assert os.listdir(run.home) == [home.name]  # nothing half-done lies beside it

    second = run(None)  # without an engine to ask
    assert not second["changed"] and second["job"] == first["job"] and second["stdout"] == first["stdout"]


def test_the_script_gets_its_arguments_and_files(run, tmp_path):
    seen = {}

    def script(folder):
        files = [path for path in (folder / "work").rglob("*") if path.is_file()]
        seen.update({str(path.relative_to(folder / "work")): path.read_text() for path in files})
        ends(0)(folder)

    (tmp_path / "data.d").mkdir()
    (tmp_path / "data.d" / "x.csv").write_text("1\n")
    (tmp_path / "far.csv").write_text("2\n")
    (tmp_path / "link.csv").symlink_to("far.csv")
    engine = master_engine(script)
    files = [str(tmp_path / name) for name in ("data.d", "link.csv")]
    run(engine, files=files, arguments=["--n", 10])
    assert seen == {"analysis.R": "cat('hello')\n", "data.d/x.csv": "1\n", "link.csv": "2\n"}
    assert engine.told[0][1]["task_template"]["ContainerSpec"]["Args"] == ["analysis.R", "--n", "10"]


@pytest.mark.parametrize(
    "change",
    [
        {"arguments": ["2"]},
        {"image": "m:2"},
        {"engine": "mpi"},
        {"env": {"A": "1"}},
        {"script": "cat('bye')\n"},
    ],
)
def test_other_inputs_are_another_job(run, change):
    first = run(master_engine(ends(0)))
    if "script" in change:
        run.script.write_text(change.pop("script"))
    second = run(master_engine(ends(0)), **change)
    assert second["changed"] and second["job"]["id"] != first["job"]["id"] and len(os.listdir(run.home)) == 2


def mpi_of(engine) -> dict:
    """Return what the master on this engine was told of MPI, and the rest of its environment."""
    container = engine.told[0][1]["task_template"]["ContainerSpec"]
    return json.loads(dict(pair.split("=", 1) for pair in container["Env"])["FESTIVAL_MPI"])


def test_a_master_of_mpi_is_told_how_to_run_it(run, tmp_path):
    (tmp_path / "ring.c").write_text("int main(void) { return 0; }\n")
    asked = {"ranks": "6", "map_by": "node", "restarts": 1}
    engine = master_engine(ends(0))
    first = run(engine, script=str(tmp_path / "ring.c"), engine="mpi", mpi=asked, env={"OMP_NUM_THREADS": 2})
    assert mpi_of(engine) == {
        "kind": "c",
        "ranks": 6,
        "map_by": "node",
        "options": [],
        "flags": ["-O2", "-lm"],
        "restarts": 1,
        "environment": {"OMP_NUM_THREADS": "2"},
    }
    assert first["job"]["engine"] == "mpi" and first["job"]["id"].startswith("ring-")


@pytest.mark.parametrize(
    "change", [{"ranks": 2}, {"map_by": "node"}, {"options": ["-q"]}, {"r": "snow"}, {"restarts": 1}]
)
def test_other_wishes_of_mpi_are_another_job(run, change):
    first, same = run(master_engine(ends(0)), engine="mpi"), run(None, engine="mpi", mpi={"ranks": 0, "r": "spmd"})
    assert not same["changed"] and run(master_engine(ends(0)), engine="mpi", mpi=change)["changed"]
    assert len(os.listdir(run.home)) == 2 and same["job"]["id"] == first["job"]["id"]


def test_wishes_of_mpi_are_nothing_to_other_engines(run):
    engine = master_engine(ends(0))
    first = run(engine, mpi={"ranks": 2})
    environment = engine.told[0][1]["task_template"]["ContainerSpec"]["Env"]
    assert not [pair for pair in environment if pair.startswith("FESTIVAL_MPI")]
    assert run(None, mpi={"ranks": 3})["job"] == first["job"]


def test_an_mpi_error_fails_the_task_with_the_rank_that_failed(run):
    log = "noise\nMPI: rank 3 on mana (container 3f2a) ended with exit code 5. It printed last:\nbad\n"
    message = fails(run, master_engine(ends(5, log=log)), engine="mpi")
    [home] = run.home.iterdir()
    assert message == (
        f"Job {home.name} failed: rank 3 on mana (container 3f2a) ended with exit code 5. It printed last:\nbad\n"
        f"Mend what this names and run again.\nIts whole log is {home}/log.txt, its report {home}/report.html."
    )


def test_a_failed_job_says_where_its_results_are(run):
    with pytest.raises(AnsibleActionFail) as caught:
        run(master_engine(ends(3, log="no more\n")))
    [home] = run.home.iterdir()
    assert caught.value.result["results"] == str(home) and caught.value.result["report"] == str(home / "report.html")


def test_results_that_were_tampered_with_are_fetched_again_without_a_run(run):
    engine = master_engine(ends(0, output={"x.csv": "1\n"}))
    home = run.home / run(engine)["job"]["id"]
    (home / "output/x.csv").write_text("2\n")
    again = run(engine)
    assert not again["changed"] and (home / "output/x.csv").read_text() == "1\n"
    assert engine.orders() == ["create_service", "remove_service"]


def test_where_the_results_are_is_said_and_that_they_are_stored_ones(run, capsys):
    home = run(master_engine(ends(0)))["results"]
    assert f"hello\nIts results are in {home}, its report is {home}/report.html.\n" in capsys.readouterr().out
    run(None)
    before = f"Job {os.path.basename(home)} had finished before; job_force runs it again. Its results are in {home}, its report"
    assert before in capsys.readouterr().out


@pytest.mark.parametrize(("force", "runs"), [(True, True), ("true", True), (False, False), ("false", False)])
def test_force_runs_it_again_and_the_command_line_speaks_in_strings(run, force, runs):
    run(master_engine(ends(0, log="old\n")))
    result = run(master_engine(ends(0, log="new\n")), force=force)
    assert result["changed"] is runs and result["stdout"] == ("new\n" if runs else "old\n")


def test_an_r_error_fails_the_task_and_its_results_are_kept(run, recorded):
    message = fails(run, master_engine(ends(1, log=recorded("r_logs.json")["function"])))
    [home] = run.home.iterdir()
    assert message == (
        f"Job {home.name} failed: R ended with exit code 1:\nError in f(y - 2) : x is negative: -1\nCalls: g -> f\n"
        f"Correct the script and run again.\nIts whole log is {home}/log.txt, its report {home}/report.html."
    )
    assert json.loads((home / "job.json").read_text())["state"] == "failed"
    assert run(master_engine(ends(0)))["changed"]  # what failed is not kept


def test_a_master_without_an_exit_code_fails_with_the_engines_words(run, recorded):
    message = fails(run, master_engine(lambda folder: None, tasks=recorded("master_tasks.json")["oom"]), restarts=0)
    assert "ended without an exit code: task: non-zero exit (137). Mend what this names" in message


def test_what_the_manager_says_is_the_tasks_error(run):
    message = fails(run, master_engine(ends(0)), pool="nosuch")
    assert message == "Pool nosuch is not there. Run playbooks/workers.yml first."


def test_a_job_that_takes_too_long_is_stopped(run):
    engine = master_engine(lambda folder: (folder / "log.txt").write_text("step 1\n"))
    started = time.monotonic()
    message = fails(run, engine, timeout="1")
    assert "was stopped after 1 s (job_timeout). R's output so far:\nstep 1\n" in message
    assert time.monotonic() - started < 4
    assert engine.orders() == ["create_service", "remove_service"]


def test_a_job_whose_controller_died_is_watched_to_its_end(run, monkeypatch):
    def dies(screen, stream):
        raise KeyboardInterrupt

    folders = []
    engine = master_engine(folders.append)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(action.Screen, "take", dies)
        run(engine)
    ends(0, log="at last\n")(folders[0])
    result = run(engine)
    assert result["stdout"] == "at last\n" and engine.orders() == ["create_service", "remove_service"]


def test_check_mode_names_the_job_and_sends_nothing(run, tmp_path):
    checked = run(None, check_mode=True)
    assert checked["changed"] and checked["msg"] == f"would run job {checked['job']['id']}"
    assert os.listdir(tmp_path / "remote") == [] and not run.home.exists()
    assert run(master_engine(ends(0)))["job"]["id"] == checked["job"]["id"]
    assert not run(None, check_mode=True)["changed"]


def test_a_transfer_that_breaks_keeps_the_earlier_results(run, monkeypatch):
    home = run.home / run(master_engine(ends(0, log="old\n")))["job"]["id"]
    monkeypatch.setattr(results, "manifest_problems", lambda folder: ["log.txt differs from its checksum"])
    message = fails(run, master_engine(ends(0, log="new\n")))
    assert "did not arrive whole: log.txt differs from its checksum. Run again to fetch them." in message
    assert (home / "log.txt").read_text() == "old\n"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"script": "/nosuch/a.R"}, "/nosuch/a.R is not there. Correct job_script or job_files."),
        ({"files": ["/nosuch/x.csv"]}, "/nosuch/x.csv is not there. Correct job_script or job_files."),
        ({"files": "/nosuch/x.csv"}, "/nosuch/x.csv is not there."),  # one name on the command line
        ({"timeout": "soon"}, "Correct the job_* variables."),
        ({"force": "perhaps"}, "Correct the job_* variables."),
        ({"engine": "mpi", "mpi": {"r": "perhaps"}}, "Correct the job_* variables."),
        ({"engine": "mpi", "mpi": {"ranks": "many"}}, "Correct the job_* variables."),
        ({"engine": "mpi", "script": "/etc/hosts"}, "job_script is hosts, which is no program and whose ending says"),
        ({"script": None}, "is a folder, not a script. Correct job_script."),
        ({"script": "/tmp"}, "/tmp is a folder, not a script. Correct job_script."),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_wrong_options_are_refused_before_anything_is_sent(run, given, words, check_mode):
    assert words in fails(run, None, check_mode=check_mode, **given)
    assert not run.home.exists()


def test_files_of_any_name_come_home_and_what_is_no_file_is_warned_of(run, capsys):
    def script(folder):
        ends(1 - len(told), output={os.fsdecode(name): "1\n" for name in NAMES})(folder)
        os.mkfifo(folder / "work" / "output" / "pipe\n")

    told = []
    assert fails(run, master_engine(script)).startswith("Job analysis-")
    told.append(" ".join(capsys.readouterr().err.replace("[WARNING]:", "").split()))
    first = run(master_engine(script), arguments=["well"])
    told.append(" ".join(capsys.readouterr().err.replace("[WARNING]:", "").split()))
    for words in told:
        assert (
            r"left came home: output/pipe\n is a FIFO. The job's folder on the first manager has the rest. Only plain files do"
            in words
        )
    home = run.home / first["job"]["id"]
    assert sorted(os.listdir(os.fsencode(home / "output"))) == sorted(NAMES)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "manifest.sha256"], cwd=home, check=True)
    json.dumps(first, ensure_ascii=False).encode()
    again = run(None, arguments=["well"])
    assert not again["changed"] and again["job"] == first["job"] and len(first["job"]["left_out"]) == 1
    assert "Not brought home" in (home / "report.html").read_text()
