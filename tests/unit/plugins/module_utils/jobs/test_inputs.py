"""What a job is: its id and its files."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import (
    RESULTS,
    file_sha256,
    input_files,
    job_id,
    pack,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import MANIFEST
from ansible_collections.alparque.festival.plugins.module_utils.jobs.packing import LEFT, OUTPUT


def test_a_folder_without_a_name_of_its_own_has_the_one_that_it_has(tmp_path, monkeypatch):
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "x.csv").write_text("1")
    monkeypatch.chdir(tmp_path / "data")
    for path in (".", "deep/.."):
        assert set(input_files(tmp_path / "a.R", [Path(path)])) == {"a.R", "data/x.csv"}


@pytest.mark.parametrize("name", [*LEFT, MANIFEST, OUTPUT, "job.json", "report.html"])
def test_a_script_is_not_called_as_one_of_its_results_is(tmp_path, name):
    assert name in RESULTS
    with pytest.raises(FestivalError, match=f"The script is called {name}, as one of a job's results is. Rename it."):
        input_files(tmp_path / name, [])


@pytest.fixture
def files(tmp_path):
    """Return a function that writes files and returns them by name."""

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        return {name: tmp_path / name for name in texts}

    return write


def identify(inputs, script="Big Analysis.R", arguments=("1",), env=None, output="output", engine="ssh", image="m:1"):
    return job_id(script, inputs, list(arguments), env or {}, output, engine, image)


def test_the_id_is_the_same_wherever_and_in_whatever_order_the_files_lie(files, tmp_path):
    inputs = files(a="1", b="2")
    first = identify(inputs, env={"X": "1", "Y": "2"})
    (tmp_path / "elsewhere").mkdir()
    moved = {name: shutil.copy(path, tmp_path / "elsewhere") for name, path in reversed(inputs.items())}
    moved = {name: tmp_path / "elsewhere" / name for name in moved}
    assert identify(moved, env={"Y": "2", "X": "1"}) == first
    stem, digest = first.rsplit("-", 1)
    assert stem == "big-analysis" and len(digest) == 12 and int(digest, 16) >= 0


@pytest.mark.parametrize(
    "change",
    [
        {"script": "big analysis.R"},
        {"arguments": ["2"]},
        {"arguments": []},
        {"arguments": ["1", ""]},
        {"arguments": ["11"]},
        {"env": {"A": "1"}},
        {"output": "elsewhere"},
        {"engine": "mpi"},
        {"image": "m:2"},
    ],
)
def test_the_id_changes_with_every_option(files, change):
    inputs = files(a="1")
    assert identify(inputs, **change) != identify(inputs)


@pytest.mark.parametrize("other", [{"a": "2"}, {"b": "1"}, {"a": "1", "b": ""}, {}])
def test_the_id_changes_with_every_file(files, other):
    assert identify(files(**other)) != identify(files(a="1"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"arguments": ["a", "bc"]}, {"arguments": ["ab", "c"]}),
        # Seen: the second job was given the first one's results.
        ({"arguments": ["A=1"]}, {"arguments": [], "env": {"A": 1}}),
        ({"arguments": ["A=1"], "env": {"B": 2}}, {"arguments": [], "env": {"A": 1, "B": 2}}),
        ({"env": {"A": "1=2"}}, {"env": {"A=1": "2"}}),
        ({"env": {"A": None}}, {"env": {"A": "None"}}),
        ({"env": {"A": ""}}, {}),
        ({"env": {"A": 1}}, {"env": {"A": 2}}),
        ({"output": "ssh", "engine": "output"}, {}),
    ],
)
def test_one_option_is_not_taken_for_another(files, one, other):
    inputs = files(a="1")
    assert identify(inputs, **one) != identify(inputs, **other)


def test_an_argument_is_not_taken_for_a_file(files):
    inputs = files(a="1")
    (name, path), *_ = inputs.items()
    assert identify({}, arguments=[name, file_sha256(path)]) != identify(inputs, arguments=[])


def test_what_a_script_sees_as_the_same_text_is_the_same_job(files):
    inputs = files(a="1")
    assert identify(inputs, env={"A": 1, "B": True}) == identify(inputs, env={"A": "1", "B": "True"})


def test_a_file_name_need_not_be_utf_8(tmp_path):
    names = [os.fsdecode(name) for name in (b"caf\xe9.csv", b"caf\xe8.csv", "café.csv".encode())]
    for name in names:
        (tmp_path / "data" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "data" / name).write_text("1")
    inputs = input_files(tmp_path / "data" / names[0], [tmp_path / "data"])
    assert set(inputs) == {names[0], *(f"data/{name}" for name in names)}
    ids = {identify({name: inputs[f"data/{name}"]}, script=name) for name in names}
    assert len(ids) == 3 and all(re.fullmatch(r"caf-[0-9a-f]{12}", identity) for identity in ids)


@pytest.mark.parametrize(
    ("script", "stem"),
    [
        ("Reference.R", "reference"),
        ("été_2026 (final).R", "t-2026-final"),
        ("---.R", "job"),
        ("x" * 80 + ".R", "x" * 30),
    ],
)
def test_the_id_can_be_a_host_name_and_a_service_name(files, script, stem):
    name = identify(files(a="1"), script=script)
    assert name.rsplit("-", 1)[0] == stem and len(name) <= 43


def test_inputs_keep_their_names_and_folders_their_shape(tmp_path):
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "x.csv").write_text("")
    (tmp_path / "data" / "empty").mkdir()
    for name in ("a.R", "b.csv"):
        (tmp_path / name).write_text("")
    inputs = input_files(tmp_path / "a.R", [tmp_path / "data", tmp_path / "b.csv", tmp_path / "a.R"])
    assert inputs == {
        "a.R": tmp_path / "a.R",
        "data/deep/x.csv": tmp_path / "data/deep/x.csv",
        "b.csv": tmp_path / "b.csv",
    }


def test_two_files_of_one_name_are_an_error(tmp_path):
    (tmp_path / "other").mkdir()
    script, namesake = tmp_path / "a.R", tmp_path / "other" / "a.R"
    for path in (script, namesake):
        path.write_text("")
    with pytest.raises(FestivalError, match="Two of the job's files are called a.R. Rename one of them."):
        input_files(script, [namesake])


def test_a_byte_order_mark_before_the_script_is_left_out_and_nothing_else(tmp_path):
    """R's parser does not take it; what other files begin with is theirs."""
    marked = b"\xef\xbb\xbfcat(1)\n"
    inputs = {}
    for name in ("a.R", "data/b.csv"):
        inputs[name] = tmp_path / Path(name).name
        inputs[name].write_bytes(marked)
    (tmp_path / "c").hardlink_to(tmp_path / "b.csv")
    (tmp_path / "d").symlink_to("b.csv")
    inputs |= {"c": tmp_path / "c", "d": tmp_path / "d"}
    pack(inputs, "a.R", tmp_path / "inputs.tar")
    with tarfile.open(tmp_path / "inputs.tar") as tar:
        assert all(member.isreg() for member in tar)
        packed = {name: tar.extractfile(name).read() for name in tar.getnames()}
    assert packed == {"a.R": marked[3:], "data/b.csv": marked, "c": marked, "d": marked}
