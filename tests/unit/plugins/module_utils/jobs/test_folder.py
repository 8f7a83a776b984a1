"""A job on the manager: real folders and archives, and a recorded engine whose masters leave what a script would."""

from __future__ import annotations

import errno
import json
import os
import tarfile
from pathlib import Path
from unittest import mock

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.base import JOB_FOLDER
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs import folder
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import seconds_between
from ansible_collections.alparque.festival.plugins.module_utils.jobs.log import LOG_TAIL
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import manifest_problems
from ansible_collections.alparque.festival.tests.unit.fake_engine import ends, master_engine


def unpacked(result, folder: Path) -> list[str]:
    with tarfile.open(result["job"]["archive"]) as tar:
        tar.extractall(folder)
        return sorted(tar.getnames())


def test_a_job_runs_once_and_leaves_its_results(run, tmp_path):
    engine = master_engine(ends(0, output={"deep/x.csv": "1\n"}))
    first = run(engine)
    assert first["changed"] and first["job"]["state"] == "finished" and first["job"]["exit_code"] == 0
    assert first["job"]["log"] == "hello\n" and first["job"]["arguments"] == ["--fast"]
    assert first["job"]["started"] <= first["job"]["finished"]
    assert engine.orders() == ["create_service", "remove_service"]
    names = unpacked(first, tmp_path / "home")
    assert names == ["a.R", "job.json", "log.txt", "manifest.sha256", "output/deep/x.csv"]
    assert manifest_problems(tmp_path / "home") == []
    assert json.loads((tmp_path / "home/job.json").read_text())["state"] == "finished"
    assert os.stat(first["job"]["archive"]).st_mode & 0o777 == 0o600

    run.folder.record(finished="long ago")  # it does not end once more
    again = run(engine)
    assert not again["changed"] and again["job"] == {**first["job"], "finished": "long ago"}
    assert len(engine.told) == 2


def test_a_failed_job_runs_again_on_fresh_ground(run):
    failed = run(master_engine(ends(1, log="Error: x\nExecution halted\n", output={"half.csv": ""})))
    assert failed["job"]["state"] == "failed" and failed["job"]["exit_code"] == 1
    result = run(master_engine(ends(0)))
    assert result["changed"] and result["job"]["state"] == "finished" and result["job"]["log"] == "hello\n"
    assert not (run.folder.work / "output/half.csv").exists()


def test_a_running_job_is_watched_on_and_not_started_again(run, recorded):
    tasks = recorded("master_tasks.json")["run"]
    engine = master_engine(lambda folder: (folder / "log.txt").write_text("at work\n"), tasks=tasks)
    started = run(engine)
    assert started["changed"] and started["job"]["state"] == "running" and started["job"]["archive"] is None
    for inputs in (True, False):
        seen = run(engine, inputs=inputs)
        assert not seen["changed"] and seen["job"]["state"] == "running" and seen["job"]["log"] == "at work\n"
    assert engine.orders() == ["create_service"]
    ends(0)(run.folder.mounted)
    assert run(engine, inputs=False)["job"]["state"] == "finished"


def test_force_runs_a_finished_job_again_and_replaces_a_running_one(run):
    run(master_engine(ends(0, log="old\n")))
    assert run(master_engine(ends(0, log="new\n")), force=True)["job"]["log"] == "new\n"
    engine = master_engine(lambda folder: None)
    run(engine, force=True)
    run(engine, force=True)
    assert engine.orders() == ["create_service", "remove_service", "create_service"]


def test_without_inputs_a_job_is_never_started(run):
    nothing = run(master_engine(ends(0)), inputs=False, force=True)
    assert not nothing["changed"] and nothing["job"]["state"] == "none" and nothing["job"]["archive"] is None
    run(master_engine(ends(0)))
    kept = run(master_engine(ends(1)), inputs=False, force=True)
    assert not kept["changed"] and kept["job"]["state"] == "finished" and kept["job"]["archive"]


@pytest.mark.parametrize(
    ("case", "state", "cause"),
    [
        ("image", "failed", "No such image: festival/nosuch:1"),
        ("oom", "failed", "task: non-zero exit (137)"),
        ("bad", "failed", "task: non-zero exit (2)"),
        ("node", "running", "no suitable node (scheduling constraints not satisfied on 3 nodes)"),
        ("run", "running", ""),
    ],
)
def test_a_master_that_leaves_no_exit_code_says_why(run, recorded, tmp_path, case, state, cause):
    result = run(master_engine(lambda folder: None, tasks=recorded("master_tasks.json")[case]))
    assert (result["job"]["state"], result["job"]["exit_code"], result["job"]["cause"]) == (state, None, cause)
    assert bool(result["job"]["archive"]) == (state == "failed")
    if state == "failed":
        assert "log.txt" in unpacked(result, tmp_path / "home")  # though it never wrote one


def test_an_exit_code_counts_more_than_the_engines_opinion(run, recorded):
    result = run(master_engine(ends(2), tasks=recorded("master_tasks.json")["bad"]))
    assert result["job"]["exit_code"] == 2 and result["job"]["cause"] == ""


def test_a_job_whose_master_was_removed_has_failed_and_says_so(run):
    engine = master_engine(lambda folder: None)
    run(engine)
    engine.remove_service("festival-job-a-1")
    gone = run(engine, inputs=False)
    assert gone["job"]["state"] == "failed" and "its master is gone" in gone["job"]["cause"]
    assert run(master_engine(ends(0)))["job"]["state"] == "finished"


def test_a_folder_that_vanishes_is_told(run, tmp_path):
    def script(folder):
        folder.parent.rename(tmp_path / "away")

    with pytest.raises(FestivalError, match=r"Job a-1 vanished: somebody removed its folder .*/jobs/a-1. Run again."):
        run(master_engine(script))


def test_a_folder_that_cannot_be_made_is_told_and_an_earlier_one_is_kept(run):
    run(master_engine(ends(1, log="what it said\n")))
    (run.folder.path / "fresh").mkdir()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(FestivalError) as told:
        patch.setattr(folder, "unpack", mock.Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
        run(master_engine(ends(0)))
    assert str(told.value) == (
        "The folder of job a-1 cannot be made on the manager: No space left on device. Make room in "
        f"{run.folder.path.parent}, or mend what this names, and run again."
    )
    assert run.folder.log() == "what it said\n" and run.folder.facts()["state"] == "failed"
    assert run(master_engine(ends(0)))["job"]["state"] == "finished"


@pytest.mark.parametrize("check_mode", [True, False])
def test_stopping_ends_a_running_job_and_keeps_its_folder(run, check_mode):
    engine = master_engine(lambda folder: None)
    run(engine)
    assert run(engine, check_mode=check_mode, state="stopped")["changed"]
    assert engine.orders()[1:] == ([] if check_mode else ["remove_service"])
    assert run.folder.path.is_dir()


def test_stopping_is_unchanged_where_nothing_runs(run):
    run(master_engine(ends(0)))
    assert not run(master_engine(ends(0)), state="stopped")["changed"]


def test_check_mode_says_whether_it_would_run_and_does_nothing(run):
    engine = master_engine(ends(0))
    assert run(engine, check_mode=True)["changed"]
    assert engine.told == [] and not run.folder.path.exists()
    run(engine)
    assert not run(engine, check_mode=True)["changed"]
    assert run(engine, check_mode=True, force=True)["changed"] and len(engine.told) == 2


def test_the_environment_tells_the_script_its_job(run):
    engine = master_engine(ends(0))
    run(engine, env={"SAMPLES": 10, "FESTIVAL_OUTPUT": "elsewhere"}, output="out")
    env = engine.told[0][1]["task_template"]["ContainerSpec"]["Env"]
    assert env == [
        "FESTIVAL_CHECKPOINT=/job/checkpoint",
        "FESTIVAL_ENGINE=socket",
        "FESTIVAL_EVENTS=/job/events.jsonl",
        "FESTIVAL_FORKS=tell",
        "FESTIVAL_JOB=a-1",
        "FESTIVAL_OUTPUT=elsewhere",
        "FESTIVAL_OUTPUT_LIMIT=10737418240",
        "SAMPLES=10",
    ]


def test_links_to_the_jobs_own_files_come_home_and_what_is_no_file_is_told(run, tmp_path):
    secret = tmp_path / "shadow"
    secret.write_text("root's")

    def script(folder):
        ends(0, output={"run3.csv": "3\n"})(folder)
        output = folder / "work/output"
        (output / "stolen").symlink_to(secret)
        (output / "broken").symlink_to(f"{JOB_FOLDER}/elsewhere/run3.csv")
        (output / "latest.csv").symlink_to("run3.csv")
        (output.parent / "scratch.csv").write_text("4\n")
        (output / "kept.csv").symlink_to(Path(JOB_FOLDER, "work", "scratch.csv"))
        os.mkfifo(output / "two\nlines")

    result = run(master_engine(script))
    names = unpacked(result, tmp_path / "home")
    assert [name for name in names if name.startswith("output/")] == [
        "output/kept.csv",
        "output/latest.csv",
        "output/run3.csv",
        "output/scratch.csv",
    ]
    assert manifest_problems(tmp_path / "home") == []
    assert (tmp_path / "home/output/latest.csv").read_text() == "3\n"
    told = [
        {"name": "output/broken", "why": "a link to nothing"},
        {"name": "output/stolen", "why": "a link that leads out of the job's folder"},
        {"name": r"output/two\nlines", "why": "a FIFO"},
    ]
    assert json.loads((tmp_path / "home/job.json").read_text())["left_out"] == told
    assert run(master_engine(ends(0)), inputs=False)["job"]["left_out"] == told
    # What did not come home is not lost on the manager, too.
    assert (run.folder.work / "output" / "two\nlines").exists()


def test_of_very_much_that_does_not_come_home_a_hundred_are_named(run):
    def script(folder):
        ends(0, output={"x": ""})(folder)
        for number in range(1000):
            (folder / "work/output" / f"{number:03}").symlink_to("/etc/passwd")

    job = run(master_engine(script))["job"]
    assert job["left_out_count"] == 1000 and [each["name"] for each in job["left_out"]][98:] == [
        "output/098",
        "output/099",
    ]


@pytest.mark.parametrize("name", ["log.txt", "exit_code", "work/a.R"])
def test_no_link_in_place_of_what_the_master_leaves_is_followed(run, tmp_path, name):
    secret = tmp_path / "shadow"
    secret.write_text("0")

    def script(folder):
        ends(0)(folder)
        (folder / name).unlink()
        (folder / name).symlink_to(secret)

    result = run(master_engine(script))
    assert result["job"]["log"] == ("" if name == "log.txt" else "hello\n")
    assert result["job"]["state"] == ("running" if name == "exit_code" else "finished")
    assert secret.read_text() == "0" and secret.stat().st_size == 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_only_what_is_mounted_belongs_to_the_scripts_user(run):
    engine = master_engine(ends(0))
    run(engine, uid=2000)
    (mount,) = engine.told[0][1]["task_template"]["ContainerSpec"]["Mounts"]
    assert mount["Source"] == str(run.folder.mounted) and run.folder.mounted.stat().st_uid == 2000
    assert {path.stat().st_uid for path in [run.folder.path, run.folder.path / "job.json"]} == {0}


def test_a_master_has_the_files_as_they_came_where_there_are_some_beside_the_script(run):
    run(master_engine(ends(0)))
    assert not (run.folder.mounted / "inputs.tar").exists()
    run(master_engine(ends(0)), force=True, beside=["data.csv"])
    kept = run.folder.mounted / "inputs.tar"
    assert kept.stat().st_mode & 0o777 == 0o400
    with tarfile.open(kept) as tar:
        assert tar.getnames() == ["a.R", "data.csv"]


def test_only_the_end_of_a_long_log_is_returned(run):
    log = "é" + "x" * LOG_TAIL
    assert run(master_engine(ends(0, log=log[:-1])))["job"]["log"] == "\ufffd" + "x" * (LOG_TAIL - 1)
    assert run.folder.mounted.joinpath("log.txt").read_text() == log[:-1]


def test_no_time_goes_by_where_the_clock_was_put_back():
    assert seconds_between("2026-11-26T12:00:00.000+00:00", "2026-11-26T11:00:00.000+00:00") == 0
    assert seconds_between("2026-11-26T12:00:00.000+00:00", "2026-11-26T12:00:01.500+00:00") == 1.5
