"""What goes home of a job's folder, what does not and why, and the archive that it goes in."""

from __future__ import annotations

import os
import shutil
import tarfile
import time
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import ForeignFolder
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import manifest_problems
from ansible_collections.alparque.festival.plugins.module_utils.jobs.packing import archive_at, results
from ansible_collections.alparque.festival.plugins.module_utils.jobs.sparse import on_disk
from ansible_collections.alparque.festival.plugins.module_utils.jobs.unpacking import unpack


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "master" / "work" / "output").mkdir(parents=True)
    (tmp_path / "master" / "work" / "a.R").write_text("1\n")
    return ForeignFolder(tmp_path / "master", seen_as="/job")


def test_what_goes_home_and_what_does_not(folder):
    (folder.path / "log.txt").write_text("hello\n")
    (folder.path / "value.rds").symlink_to("/etc/passwd")
    output = folder.path / "work" / "output"
    (output / "x.csv").write_text("12\n")
    (output / "latest.csv").symlink_to(Path("/job", "work", "output", "x.csv"))
    (output / "all").symlink_to("/job/work")
    (output / "empty").mkdir()
    os.mkfifo(output / "empty" / "pipe")
    found = results(folder, "output", "a.R", {})
    assert found.files == {
        "log.txt": "log.txt",
        "a.R": "work/a.R",
        "output/x.csv": "work/output/x.csv",
        "output/latest.csv": "work/output/latest.csv",
    }
    assert found.left_out == {
        "value.rds": "a link that leads out of the job's folder",
        "output/all": "a link to a folder",
        "output/empty/pipe": "a FIFO",
    }
    assert found.size == 6 + 2 + 3 + 3


@pytest.mark.parametrize("output", [".", "./", "a/b", "none"])
def test_other_output_folders(folder, output):
    (folder.path / "work" / "a" / "b").mkdir(parents=True)
    (folder.path / "work" / "a" / "b" / "x").write_text("")
    names = {name for name in results(folder, output, "a.R", {}).files if name.startswith("output/")}
    assert names == {"a/b": {"output/x"}}.get(output, {"output/a/b/x"})


def test_what_is_written_beside_the_script_comes_home_and_inputs_only_where_they_were_changed(folder):
    work = folder.path / "work"
    for name in ("data.csv", "same.csv", "R/helper.R"):
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text("1\n")
    (work / "linked.csv").symlink_to("same.csv")
    inputs = {found.name: found.stamp for found in folder.walk("work")}
    assert results(folder, "output", "a.R", inputs).files == {"a.R": "work/a.R"}
    # Of the same size and the same time: only the kernel tells.
    status = (work / "data.csv").stat()
    time.sleep(0.02)
    (work / "data.csv").write_text("2\n")
    os.utime(work / "data.csv", ns=(status.st_atime_ns, status.st_mtime_ns))
    (work / "plots").mkdir()
    (work / "plots" / "one.png").write_text("png")
    (work / "x.csv").write_text("mine\n")
    (work / "output" / "x.work.csv").write_text("1\n")
    (work / "output" / "x.csv").write_text("12\n")
    os.mkfifo(work / "pipe")
    (folder.path / "workers").mkdir()
    (folder.path / "workers" / "mana-3f2a-1.txt").write_text("said\n")
    found = results(folder, "output", "a.R", inputs)
    assert found.files == {
        "a.R": "work/a.R",
        "workers/mana-3f2a-1.txt": "workers/mana-3f2a-1.txt",
        "output/x.csv": "work/output/x.csv",
        "output/data.csv": "work/data.csv",
        "output/plots/one.png": "work/plots/one.png",
        "output/x.work.csv": "work/output/x.work.csv",
        "output/x.work.work.csv": "work/x.csv",
    }
    assert found.left_out == {"output/pipe": "a FIFO"}


def test_a_file_and_a_folder_of_one_name_are_both_kept(folder):
    work = folder.path / "work"
    for name in ("output/x", "x/y", "z", "output/z/y"):
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text(name)
    found = results(folder, "output", "a.R", {})
    assert found.files == {
        "a.R": "work/a.R",
        "output/x": "work/output/x",
        "output/z/y": "work/output/z/y",
        "output/x.work/y": "work/x/y",
        "output/z.work": "work/z",
    }


def test_of_more_than_the_limit_what_fits_comes_home(folder):
    work = folder.path / "work"
    for name, size in {"big": 3_000_000_000, "small": 5, "zeros": 20}.items():
        (work / name).write_bytes(b"")
        os.truncate(work / name, size)
    found = results(folder, "output", "a.R", {}, limit=27)
    assert found.files == {"a.R": "work/a.R", "output/small": "work/small", "output/zeros": "work/zeros"}
    assert found.left_out == {"output/big": "too large (2,861 MB, and 0 MB are for all: job_output_limit)"}
    assert (found.size, found.disk) == (27, 2)


def test_a_file_with_holes_has_them_in_the_archive_and_at_home(folder, tmp_path):
    names = ["sparse", "all hole", os.fsdecode(b"\xff hole at its end")]
    for name in names:
        path = folder.path / "work" / name
        path.write_bytes(b"")
        os.truncate(path, 300_000_000)
    with (folder.path / "work" / names[0]).open("r+b") as stream:
        for at in (70_000_000, 299_999_990):
            stream.seek(at)
            stream.write(b"x" * 10)
    (folder.path / "work" / names[2]).open("r+b").write(b"begin")
    found = results(folder, "output", "a.R", {})
    assert found.disk < 100_000 < found.size
    with archive_at(tmp_path / "results.tar", found.disk) as archive:
        for name, source in found.files.items():
            with folder.open(source) as stream:
                archive.add(name, stream)
    assert (tmp_path / "results.tar").stat().st_size < 100_000
    (tmp_path / "home").mkdir()
    unpack(tmp_path / "results.tar", tmp_path / "home")
    assert manifest_problems(tmp_path / "home") == []
    for name in names:
        home = tmp_path / "home" / "output" / name
        assert home.stat().st_size == 300_000_000 and on_disk(home.stat()) < 5_000_000
    with (tmp_path / "home" / "output" / names[0]).open("rb") as stream:
        stream.seek(69_999_999)
        assert stream.read(12) == b"\0" + b"x" * 10 + b"\0"


def test_an_archive_is_whole_or_not_there(folder, tmp_path):
    target = tmp_path / "results.tar"
    with pytest.raises(RuntimeError), archive_at(target, 1) as archive:
        archive.add_text("job.json", b"{}")
        raise RuntimeError
    assert os.listdir(tmp_path) == ["master"]
    with archive_at(target, 1) as archive:
        archive.add_text("job.json", b"{}")
        with folder.open("work/a.R") as stream:
            archive.add("a.R", stream)
    assert target.stat().st_mode & 0o777 == 0o600
    (tmp_path / "home").mkdir()
    unpack(target, tmp_path / "home")
    assert manifest_problems(tmp_path / "home") == []
    assert sorted(os.listdir(tmp_path / "home")) == ["a.R", "job.json", "manifest.sha256"]


def test_a_time_or_mode_that_the_script_chose(folder, tmp_path):
    path = folder.path / "work" / "a.R"
    path.chmod(0o6755)
    os.utime(path, (0, -1_000_000_000))
    with archive_at(tmp_path / "results.tar", 1) as archive, folder.open("work/a.R") as stream:
        archive.add("a.R", stream)
    with tarfile.open(tmp_path / "results.tar") as tar:
        assert (tar.getmember("a.R").mode, tar.getmember("a.R").mtime) == (0o755, 0)


def test_what_there_is_no_room_for_is_told_before_a_byte_of_it_is_written(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(FestivalError) as told, archive_at(tmp_path / "jobs" / "a-1" / "results.tar", free * 2) as _:
        pytest.fail("it was begun")
    assert "No such file" in str(told.value)
    (tmp_path / "jobs" / "a-1").mkdir(parents=True)
    with pytest.raises(FestivalError) as told, archive_at(tmp_path / "jobs" / "a-1" / "results.tar", free * 2) as _:
        pytest.fail("it was begun")
    assert str(told.value).startswith("The results of job a-1 cannot be packed on the manager: ")
    assert str(told.value).endswith(f"GB are free. Make room in {tmp_path}/jobs, and run again to fetch them.")


def test_a_file_that_shrinks_while_it_is_read_is_told(folder, tmp_path):
    path = folder.path / "work" / "a.R"
    path.write_bytes(b"x" * 10**6)
    told = pytest.raises(FestivalError, match="has become shorter meanwhile.*Mend what this names, and run again")
    with told, archive_at(tmp_path / "results.tar", 1) as archive, folder.open("work/a.R") as stream:
        os.truncate(path, 10)
        entry = tarfile.TarInfo("a.R")
        entry.size = 10**6
        archive._add(entry, stream, [(0, 10**6)])
    assert os.listdir(tmp_path) == ["master"]
