"""Results on their way to the controller: beside their place, in pieces, each process for itself."""

from __future__ import annotations

import os
import tarfile
import tracemalloc

from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import file_sha256
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import manifest
from ansible_collections.alparque.festival.plugins.plugin_utils.results import beside, receive

LARGE = 64 << 20


def arrive(part, files):
    """Put an archive of files into a folder, as a controller fetches it."""
    listing = part.parent / "listing"
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


def test_two_controllers_fetch_the_same_job_at_once(tmp_path):
    (tmp_path / "log").write_text("hello\n")
    home = tmp_path / "results" / "a-1"
    with beside(home) as one, beside(home) as other:
        assert one != other
        for part in (one, other):
            arrive(part, {"log.txt": tmp_path / "log"})
        for part in (other, one):
            receive(part, part / "results.tar", home)
    assert (home / "log.txt").read_text() == "hello\n" and os.listdir(home.parent) == ["a-1"]


def test_what_a_process_that_died_left_is_removed(tmp_path):
    home = tmp_path / "a-1"
    (tmp_path / ".a-1.part" / "output").mkdir(parents=True)
    with beside(home):
        assert not (tmp_path / ".a-1.part").exists()
    assert os.listdir(tmp_path) == []
