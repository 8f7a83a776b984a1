"""The job's folder in containers, and what was written there brought back: by an ssh that changes to their homes."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
from festival_mpi.launcher import files, log
from festival_mpi.launcher.errors import CopyError

ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
NAMES = dict(zip(ADDRESSES, ["mana-c0", "mana-c1", "duarte-c2"], strict=True))
OUTPUT = Path("output")

unpacks = pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="this Python's tarfile cannot filter")


@pytest.fixture
def homes(machine, monkeypatch):
    """Return the homes of three containers; the present folder is the job's."""
    monkeypatch.chdir(machine.job)
    (machine.job / OUTPUT).mkdir()
    return [machine.container(number) for number in range(3)]


def write(folder: Path, **texts: str) -> None:
    """Write files; two underscores in a name stand for a folder's end."""
    for name, text in texts.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def wrote(home: Path, **texts: str) -> None:
    """Write files as a rank does."""
    write(home / files.FOLDER / OUTPUT, **texts)


def texts(folder: Path = OUTPUT) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_each_container_gets_the_folder_and_keeps_nothing_of_an_earlier_job(homes):
    write(Path(), a="1", data__deep__b="2")
    Path("run.sh").write_text("#!/bin/sh\n")
    Path("run.sh").chmod(0o755)
    wrote(homes[1], old="1")
    files.give(ADDRESSES, Path.cwd())
    for home in homes:
        job = home / files.FOLDER
        assert texts(job) == {"a": "1", "data/deep/b": "2", "run.sh": "#!/bin/sh\n"}
        assert (job / OUTPUT).is_dir() and os.access(job / "run.sh", os.X_OK)


def test_containers_that_do_not_take_the_folder_are_all_named(homes):
    with pytest.raises(CopyError) as caught:
        files.give([*ADDRESSES, "127.0.0.8", "127.0.0.9"], Path.cwd())
    assert sorted(str(caught.value).splitlines()) == [
        f"127.0.0.{number} did not take the job's files: ssh: connect to host 127.0.0.{number}: No route to host"
        for number in (8, 9)
    ]


@unpacks
def test_what_ranks_wrote_comes_home_and_nothing_is_left(homes):
    wrote(homes[0], a="0", tables__x="0")
    wrote(homes[1], b="1", tables__y="1")
    (homes[2] / files.FOLDER).mkdir()  # its program has removed the folder
    assert files.take(NAMES, OUTPUT) == []
    assert texts() == {"a": "0", "b": "1", "tables/x": "0", "tables/y": "1"}
    assert [os.listdir(home) for home in homes] == [[], [], []]
    assert os.listdir() == ["output"]


@unpacks
def test_files_of_one_name_and_different_contents_are_all_kept(homes):
    for home, text in zip(homes, ("0", "1", "0"), strict=True):
        wrote(home, tables__a=text, same="s")
    assert files.take(NAMES, OUTPUT) == [
        "tables/a was written in several containers: that of mana-c1 is a.mana-c1",
    ]
    assert texts() == {"tables/a": "0", "tables/a.mana-c1": "1", "same": "s"}


@unpacks
@pytest.mark.parametrize("writer", [0, 1, 2])
def test_what_was_there_before_and_is_unchanged_nobody_has_written(homes, writer):
    write(OUTPUT, state="old", kept="old")
    files.give(ADDRESSES, Path.cwd())
    wrote(homes[writer], state="new")
    assert files.take(NAMES, OUTPUT) == []
    assert texts() == {"state": "new", "kept": "old"}


@unpacks
def test_what_two_have_changed_is_kept_twice(homes):
    write(OUTPUT, state="old")
    files.give(ADDRESSES, Path.cwd())
    wrote(homes[0], state="0")
    wrote(homes[2], state="2")
    assert files.take(NAMES, OUTPUT) == [
        "state was written in several containers: that of duarte-c2 is state.duarte-c2"
    ]
    assert texts() == {"state": "0", "state.duarte-c2": "2"}


@unpacks
def test_a_container_that_is_gone_is_told_and_the_others_come_home(homes):
    wrote(homes[0], a="0")
    told = files.take({"127.0.0.9": "mana-c9", **NAMES}, OUTPUT)
    assert told == ["mana-c9: its files did not come back: ssh: connect to host 127.0.0.9: No route to host"]
    assert texts() == {"a": "0"}


@unpacks
def test_folders_may_have_blanks_and_lie_deep(homes):
    output = Path("my output/tables")
    output.mkdir(parents=True)
    write(homes[1] / files.FOLDER / output, a="1")
    assert files.take(NAMES, output) == [] and texts(output) == {"a": "1"}


@unpacks
def test_nothing_leads_out_of_the_output_folder_and_the_others_come_home(homes):
    wrote(homes[0], a="0", z="0")
    for name, place in {"b": "/etc/passwd", "c": "../../../c", "latest": "z"}.items():
        (homes[0] / files.FOLDER / OUTPUT / name).symlink_to(place)
    [told] = files.take(NAMES, OUTPUT)
    assert sorted(told.partition(" would lead out of the folder output")[0].replace(",", "").split()[-2:]) == ["b", "c"]
    assert told.startswith("mana-c0: its files did not come back: ")
    assert texts() == {"a": "0", "latest": "0", "z": "0"} and os.readlink(OUTPUT / "latest") == "z"


@unpacks
def test_a_name_that_is_no_text_comes_home(homes, capfdbinary):
    name = os.fsdecode(b"caf\xe9")
    for home, text in zip(homes[:2], "ab", strict=True):
        wrote(home, **{name: text})
    for line in files.take(NAMES, OUTPUT):
        log.say(line)
    assert texts() == {name: "a", f"{name}.mana-c1": "b"}
    assert capfdbinary.readouterr().out.startswith(b"caf\xe9 was written in several containers: ")
