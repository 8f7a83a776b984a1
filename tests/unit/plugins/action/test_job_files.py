"""Files that a job cannot take along, and a controller's disk that does not take its results."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.alparque.festival.plugins.plugin_utils import results
from ansible_collections.alparque.festival.tests.unit.fake_engine import ends, master_engine


@pytest.mark.parametrize("option", ["files", "script"])
def test_what_has_no_end_is_no_file(run, tmp_path, option):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AnsibleActionFail, match="/pipe is neither a file nor a folder. Write to a file what"):
        run(None, **{option: str(tmp_path / "pipe")})


def test_what_in_a_folder_is_no_file_is_told_and_the_rest_goes_along(run, tmp_path, capsys):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "x.csv").write_text("1\n")
    os.mkfifo(folder / "pipe")
    (folder / "lost").symlink_to("nowhere")
    assert run(master_engine(ends(0)), files=[str(folder)])["changed"]
    said = " ".join(capsys.readouterr().err.split())
    assert f"{folder}/lost, {folder}/pipe cannot be sent along with the job: no file, or a link to none." in said


def test_a_folder_that_cannot_be_read_is_named(run, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()

    def closed(path, pattern):
        raise PermissionError(13, "Permission denied", f"{path}/closed")

    monkeypatch.setattr(Path, "rglob", closed)
    with pytest.raises(
        AnsibleActionFail, match="/data/closed cannot be read: Permission denied. Give yourself the permission"
    ):
        run(None, files=[str(tmp_path / "data")])


def test_a_disk_that_takes_no_results_is_told_with_what_to_do(run, monkeypatch):
    engine = master_engine(ends(0))

    def full(*_):
        raise OSError(28, "No space left on device")

    words = f"cannot be put into {run.home} here: No space left on device. Make room there, or set festival_results_dir"
    with monkeypatch.context() as patch, pytest.raises(AnsibleActionFail, match=words):
        patch.setattr(results, "unpack", full)
        run(engine)
    assert not run(engine)["changed"] and engine.orders() == ["create_service", "remove_service"]


def test_a_file_that_changes_while_it_is_read_is_noticed(run, tmp_path, monkeypatch):
    growing = tmp_path / "growing.csv"
    growing.write_text("1\n")
    add = tarfile.TarFile.addfile

    def grow(tar, about, stream):
        add(tar, about, stream)
        growing.write_text("1\n2\n")

    monkeypatch.setattr(tarfile.TarFile, "addfile", grow)
    engine = master_engine(ends(0))
    with pytest.raises(AnsibleActionFail, match="/growing.csv changed while it was read. Run again when nobody"):
        run(engine, files=[str(growing)])
    assert engine.orders() == []


def test_a_file_that_cannot_be_read_is_named(run, tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "secret.csv").write_text("1\n")
    real = Path.open

    def closed(path, *mode):
        if path.name == "secret.csv":
            raise PermissionError(13, "Permission denied")
        return real(path, *mode)

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(AnsibleActionFail, match="/folder/secret.csv cannot be read: Permission denied. Give yourself"):
        run(None, files=[str(tmp_path / "folder")])


def test_patterns_stand_for_what_is_there(run, tmp_path):
    for name in ("b.csv", "a.csv", "c[1].csv", "deep/er/m.rds"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    engine = master_engine(ends(0))
    job = run(engine, files=[str(tmp_path / "?.csv"), str(tmp_path / "c[1].csv"), str(tmp_path / "**" / "*.rds")])[
        "job"
    ]["id"]
    with tarfile.open(tmp_path / "data" / "jobs" / job / "master" / "inputs.tar") as inputs:
        names = inputs.getnames()
    assert sorted(name for name in names if name.endswith((".csv", ".rds"))) == ["a.csv", "b.csv", "c[1].csv", "m.rds"]
    with pytest.raises(AnsibleActionFail, match=r"\*\.txt, and nothing there is called so. Correct the pattern."):
        run(None, files=[str(tmp_path / "*.txt")])
