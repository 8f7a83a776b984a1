"""Results on their way to the controller: beside their place, in pieces, each process for itself."""

from __future__ import annotations

import concurrent.futures
import errno
import fcntl
import multiprocessing
import os
import tarfile
import tracemalloc

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import file_sha256
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import manifest
from ansible_collections.alparque.festival.plugins.plugin_utils.results import beside, kept, log_of, receive

LARGE = 64 << 20


def arrive(part, files):
    """Put an archive of files into a folder, as a controller fetches it."""
    listing = part / "listing"
    listing.write_bytes(manifest({name: file_sha256(path) for name, path in files.items()}))
    with tarfile.open(part / "results.tar", "w") as tar:
        for name, path in {**files, "manifest.sha256": listing}.items():
            tar.add(path, arcname=name)
    listing.unlink()


def test_a_large_file_is_never_held_in_memory(tmp_path):
    large, home = tmp_path / "large", tmp_path / "results" / "a-1"
    with large.open("wb") as stream:
        stream.truncate(LARGE)
    tracemalloc.start()
    with beside(home) as part:
        arrive(part, {"output/large": large})
        receive(part, part / "results.tar", home)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (home / "output" / "large").stat().st_size == LARGE and peak < LARGE / 8


def fetch(home, log, times):
    """Fetch a job's results, again and again, and read them each time as a controller does; return what went wrong."""
    for _ in range(times):
        try:
            with beside(home) as part:
                arrive(part, {"log.txt": log, "job.json": log.with_name("job.json")})
                receive(part, part / "results.tar", home)
            if log_of(home) != log.read_text() or not kept(home):
                return "other results"
        except BaseException as error:
            return repr(error)
    return ""


@pytest.fixture
def made(tmp_path):
    """Return the log of a finished job."""
    (tmp_path / "job.json").write_text('{"state": "finished"}')
    (tmp_path / "log").write_text("hello\n")
    return tmp_path / "log"


def test_any_number_of_controllers_fetch_a_job_at_once(made):
    """Seen before: "No such file or directory: results/.<job>.xxxx", and a log that was gone when it was to be shown."""
    home = made.parent / "results" / "a-1"
    with concurrent.futures.ProcessPoolExecutor(6, multiprocessing.get_context("fork")) as pool:
        problems = list(pool.map(fetch, [home] * 6, [made] * 6, [20] * 6))
    assert problems == [""] * 6
    assert (home / "log.txt").read_text() == "hello\n" and os.listdir(home.parent) == ["a-1"]


def test_controllers_that_overlap_have_folders_of_their_own(made):
    home = made.parent / "results" / "a-1"
    with beside(home) as one, beside(home) as other:
        assert one != other and one.is_dir() and other.is_dir()
        for part in (one, other):
            arrive(part, {"log.txt": made})
        for part in (other, one):
            receive(part, part / "results.tar", home)
    assert os.listdir(home.parent) == ["a-1"] and sorted(os.listdir(home)) == ["log.txt", "manifest.sha256"]


def test_what_is_there_and_whole_is_not_taken_from_under_its_readers(made):
    home = made.parent / "results" / "a-1"
    assert fetch(home, made, 1) == ""
    place = home.stat().st_ino
    assert fetch(home, made, 1) == "" and home.stat().st_ino == place
    (home / "log.txt").write_text("hullo")
    assert fetch(home, made, 1) == "" and home.stat().st_ino != place


def test_newer_results_take_the_place_of_older_ones(made):
    home = made.parent / "results" / "a-1"
    assert fetch(home, made, 1) == ""
    (home / "report.html").write_text("of the older ones")
    made.write_text("hello again\n")
    assert fetch(home, made, 1) == ""
    assert sorted(os.listdir(home)) == ["job.json", "log.txt", "manifest.sha256"]


def test_results_are_as_readable_as_the_user_lets_new_files_be(made):
    home, mask = made.parent / "results" / "a-1", os.umask(0o027)
    try:
        assert fetch(home, made, 1) == ""
    finally:
        os.umask(mask)
    assert home.stat().st_mode & 0o777 == 0o750


def die_while_fetching(home):
    with beside(home) as part:
        (part / "results.tar").write_text("half")
        os._exit(9)


def test_what_a_process_that_died_left_is_removed(tmp_path):
    home = tmp_path / "a-1"
    died = multiprocessing.get_context("fork").Process(target=die_while_fetching, args=[home])
    died.start()
    died.join(30)
    assert died.exitcode == 9 and len(os.listdir(tmp_path)) == 2
    # Of an older release, which had no locks beside its folders, and of another job.
    (tmp_path / ".a-1.part" / "output").mkdir(parents=True)
    (tmp_path / ".a-2.part").mkdir()
    with beside(home) as part:
        assert sorted(os.listdir(tmp_path)) == sorted([".a-2.part", part.parent.name, f"{part.parent.name}.lock"])
    assert os.listdir(tmp_path) == [".a-2.part"]


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch):
    def flock(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    message = rf"{tmp_path}/\S+ cannot be locked \(No locks available\). Set festival_results_dir"
    with pytest.raises(FestivalError, match=message), beside(tmp_path / "a-1"):
        pytest.fail("it went on without a lock")
    assert os.listdir(tmp_path) == []
