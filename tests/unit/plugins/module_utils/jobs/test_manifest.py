"""The list of a job's results: what sha256sum(1) reads, for files of any name."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs import inputs
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import file_sha256
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import (
    MANIFEST,
    listed,
    manifest,
    manifest_problems,
)
from ansible_collections.alparque.festival.tests.unit.stranger import NAMES


def write_manifest(folder, names):
    text = manifest({name: file_sha256(folder / name) for name in names})
    (folder / MANIFEST).write_bytes(text)
    return text


@pytest.fixture
def results(tmp_path):
    """Return a folder of results with its manifest."""
    (tmp_path / "output").mkdir()
    made = {"log.txt": "hello\n", "output/two  spaces.csv": "1,2\n", "output/big.bin": "x" * (inputs._CHUNK + 1)}
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    write_manifest(tmp_path, made)
    return tmp_path


def sha256sum(folder) -> str:
    """Return what the real program says of a manifest, and whether it took it for one."""
    done = subprocess.run(["sha256sum", "--check", "--strict", MANIFEST], cwd=folder, check=False, capture_output=True)
    return str(done.stderr) if done.returncode else "well"


def test_a_manifest_is_what_sha256sum_reads(results):
    assert manifest_problems(results) == [] and sha256sum(results) == "well"


@pytest.mark.parametrize("name", [os.fsdecode(name) for name in NAMES], ids=[ascii(name)[:20] for name in NAMES])
def test_any_name_that_linux_allows(tmp_path, name):
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / name).write_text("1\n")
    text = write_manifest(tmp_path, [f"output/{name}"])
    assert text.count(b"\n") == 1 and [found for found, _ in listed(text)] == [f"output/{name}"]
    assert manifest_problems(tmp_path) == [] and sha256sum(tmp_path) == "well"
    (tmp_path / "output" / name).unlink()
    (problem,) = manifest_problems(tmp_path)
    assert problem.endswith(" is missing") and len(problem.encode().splitlines()) == 1


def test_it_is_written_as_sha256sum_writes_it(tmp_path):
    for name in map(os.fsdecode, NAMES):
        (tmp_path / name).write_text(ascii(name))
    said = subprocess.run(["sha256sum", "--", *sorted(NAMES)], cwd=tmp_path, check=True, capture_output=True).stdout
    assert sorted(write_manifest(tmp_path, map(os.fsdecode, NAMES)).split(b"\n")) == sorted(said.split(b"\n"))


@pytest.mark.parametrize(
    ("tamper", "problems"),
    [
        (lambda r: (r / "log.txt").write_text("hullo\n"), ["log.txt differs from its checksum"]),
        (
            lambda r: (r / "output/big.bin").write_text("x" * inputs._CHUNK),
            ["output/big.bin differs from its checksum"],
        ),
        (lambda r: (r / "output/two  spaces.csv").unlink(), ["output/two  spaces.csv is missing"]),
        (lambda r: (r / MANIFEST).unlink(), ["manifest.sha256 is missing"]),
        (lambda r: (r / MANIFEST).write_text("rubbish\n"), ["manifest.sha256 has a line that is none: rubbish"]),
        (
            lambda r: (r / MANIFEST).write_bytes(b"\xff\n\n"),
            [rf"manifest.sha256 has a line that is none: {x}" for x in (r"\xff", "")],
        ),
        (lambda r: (r / "log.txt").unlink() or (r / "log.txt").mkdir(), ["log.txt cannot be read: Is a directory"]),
        (shutil.rmtree, ["manifest.sha256 is missing"]),
    ],
)
def test_a_manifest_tells_what_was_tampered_with(results, tamper, problems):
    tamper(results)
    assert manifest_problems(results) == problems


def test_a_name_that_is_too_long_here_is_told(results):
    (results / MANIFEST).write_bytes(manifest({"x/" * 2500 + "y": "0" * 64}))
    (problem,) = manifest_problems(results)
    assert problem.endswith("cannot be read: File name too long")
