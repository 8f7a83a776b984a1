"""What another user writes is read as what it is when it is read: real files, links, pipes and devices, and a real race."""

from __future__ import annotations

import os
import socket
import time
import tracemalloc
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs import foreign
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import (
    DEPTH,
    LONGEST_NAME,
    ForeignFolder,
    opened,
    remove,
    shown,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.way import Missing, Refused
from ansible_collections.alparque.festival.tests.unit.stranger import EXCHANGE, NAMES, UID, at_work, give

CHECKOUT = Path(__file__).parents[5]

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can")


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("PRIVATE KEY\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "job" / "deep").mkdir(parents=True)
    (tmp_path / "job" / "file").write_text("12345")
    (tmp_path / "job" / "deep" / "file").write_text("deep")
    give(tmp_path / "job")
    return ForeignFolder(tmp_path / "job", seen_as="/job")


def test_a_part_of_a_file_from_its_beginning_or_its_end(folder):
    assert folder.read("file", 2) == b"12" and folder.read("file", 99, 3) == b"45"
    assert folder.read("file", 99, -2) == b"45" and folder.read("file", 99, -99) == b"12345"
    assert folder.read("deep//./file", 99) == b"deep" and folder.size("file") == 5


def make(kind, path, secret):
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening, pytest.MonkeyPatch.context() as patch:
            patch.chdir(path.parent)
            listening.bind(path.name)
    elif kind == "hard link":
        os.link(secret, path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        os.mknod(path, 0o20600, os.makedev(1, 3))
    else:
        path.symlink_to(kind)


KINDS = {
    "folder": "a folder",
    "FIFO": "a FIFO",
    "socket": "a socket",
    "../secret": "a link that leads out of the job's folder",
    "/etc/passwd": "a link that leads out of the job's folder",
    "/job/../secret": "a link that leads out of the job's folder",
    "/jobs": "a link that leads out of the job's folder",
    "deep/../../job/file": "a link that leads out of the job's folder",
    "nowhere": "a link to nothing",
    "file/below": "a link to nothing",
    "it": "a link that leads in a circle",
    "deep": "a link to a folder",
    "/job": "a link to a folder",
    "deep/" + "../deep/" * 500: "a link to a folder",
    "deep/" + "./" * 1000 + "x" * 300: "unreadable (File name too long)",
    "hard link": "another user's file by a second name (hard link)",
    "device": "a device",
}


@pytest.mark.parametrize(("kind", "why"), KINDS.items(), ids=[kind[:20] for kind in KINDS])
def test_what_is_no_file_is_refused_at_once_with_the_reason(folder, secret, kind, why):
    if kind in ("hard link", "device") and os.getuid() != 0:
        pytest.skip("only root can")
    make(kind, folder.path / "it", secret)
    with pytest.raises(Refused) as refused:
        folder.read("it", 99)
    assert str(refused.value) == why
    assert [found.why for found in folder.walk("") if found.name == "it"] == ([] if kind == "folder" else [why])
    assert folder.size("it") == 0 and list(folder.lines("it", 99)) == []


@pytest.mark.parametrize("target", ["file", "./deep/../file", "/job/file", "/job/deep/../file", "deep/back"])
def test_a_link_to_a_file_of_the_folder_is_that_file(folder, target):
    (folder.path / "deep" / "back").symlink_to("../file")
    (folder.path / "it").symlink_to(target)
    assert folder.read("it", 99) == b"12345"
    assert ("it", 5, "") in [found[:3] for found in folder.walk("")]


def test_names_that_lead_out_are_refused_and_what_is_not_there_is_missing(folder, secret):
    for name in ("../secret", "deep/../../secret"):
        with pytest.raises(Refused, match="leads out"):
            folder.read(name, 9)
    for name in ("nothing", "file/below"):
        with pytest.raises(Missing):
            folder.read(name, 9)
    with pytest.raises(Missing):
        ForeignFolder(folder.path / "gone").read("file", 9)
    assert list(folder.walk("gone")) == [] == list(folder.walk("file"))


@as_root
def test_the_writers_own_files_may_have_several_names(folder):
    os.link(folder.path / "file", folder.path / "again")
    with pytest.raises(Refused, match="hard link"):
        folder.read("again", 9)
    give(folder.path / "file")
    assert folder.read("again", 9) == b"12345"


@pytest.mark.parametrize(("one", "other"), [("it", "link"), ("sub", "link")], ids=["a file", "a folder"])
def test_exchanged_by_another_user_it_is_never_read(folder, secret, one, other):
    """The race: names are exchanged as fast as the kernel can while they are read, for two seconds."""
    if one == "it":
        (folder.path / "it").write_text("mine")
        (folder.path / "link").symlink_to(secret)
    else:
        (folder.path / "sub").mkdir()
        (folder.path / "sub" / "secret").write_text("mine")
        (folder.path / "link").symlink_to(secret.parent)
    name = "it" if one == "it" else "sub/secret"
    seen, until = set(), time.monotonic() + 2
    with at_work(folder.path, EXCHANGE.format(one=one.encode(), other=other.encode())):
        while time.monotonic() < until:
            try:
                seen.add(folder.read(name, 99))
            except Refused as refused:
                seen.add(str(refused))
            seen.update(found.why for found in folder.walk("") if found.name.endswith("secret"))
    assert seen <= {b"mine", "a link that leads out of the job's folder", "not there", ""}
    assert {b"mine", "a link that leads out of the job's folder"} <= seen, "both were met, or it was no race"


def test_lines_have_a_bound_and_so_has_their_number(folder, monkeypatch):
    monkeypatch.setattr(foreign, "LINE", 8)
    (folder.path / "lines").write_bytes(b"one\n" + b"x" * 20 + b"\ntwo\n1234567\n12345678\nend")
    assert list(folder.lines("lines", 99)) == [b"one\n", b"two\n", b"1234567\n", b"end"]
    assert list(folder.lines("lines", 4)) == [b"one\n"]


def test_an_endless_line_is_passed_over_in_no_more_memory_than_a_line(folder):
    with (folder.path / "lines").open("wb") as stream:
        stream.truncate(64 << 20)
        stream.seek(0, os.SEEK_END)
        stream.write(b"\nlast\n")
    tracemalloc.start()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    assert list(folder.lines("lines", 1 << 40)) == [b"last\n"]
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert most < 5 * foreign.LINE


def test_every_name_that_linux_allows_is_walked_and_shown_as_one_line_of_its_own(folder):
    for name in NAMES:
        (folder.path / "deep" / os.fsdecode(name)).write_bytes(name)
    found = {os.fsencode(entry.name): entry for entry in folder.walk("deep") if entry.name != "file"}
    assert sorted(found) == sorted(NAMES) and not any(entry.why for entry in found.values())
    assert all(folder.read(f"deep/{entry.name}", 999) == name for name, entry in found.items())
    told = {shown(entry.name) for entry in found.values()}
    assert len(told) == len(NAMES) and all(len(text.encode().splitlines()) == 1 for text in told)
    assert {r"two\nlines", r"back\\slash\\n", r"\xff\xfe not utf-8", r"sep\u2028arator", "ñandú"} <= told


def deep(folder, name, levels):
    """Make folders in each other, further down than any path leads."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=here)
        there = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(os.open("bottom", os.O_CREAT, dir_fd=here))
    os.close(here)


def test_what_is_too_deep_is_told_as_that_and_removed_all_the_same(folder):
    deep(folder.path / "deep", "x" * 250, 20)
    deep(folder.path / "deep", "y", 1500)
    told = {entry.name[0]: entry for entry in folder.walk("deep") if entry.why}
    assert "longer than 3,072 bytes" in told["x"].why and told["y"].why == f"a folder in more than {DEPTH} others"
    with opened(folder.path) as own:
        remove(own, "deep")
        remove(own, "gone")
    assert os.listdir(folder.path) == ["file"]


def test_what_links_lead_to_is_not_removed(folder, secret):
    (folder.path / "deep" / "link").symlink_to(secret.parent)
    (folder.path / "link").symlink_to(secret.parent)
    with opened(folder.path) as own:
        remove(own, "deep")
        remove(own, "link")
    assert secret.read_text() == "PRIVATE KEY\n" and os.listdir(folder.path) == ["file"]


@as_root
def test_the_stranger_is_another_user(folder):
    assert os.stat(folder.path).st_uid == UID


def test_the_reasons_are_documented():
    documented = (CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8")
    told = {why for why in KINDS.values() if not why.startswith("unreadable") and why != "a folder"}
    told |= {f"a folder in more than {DEPTH} others", f"its path is longer than {LONGEST_NAME:,} bytes: with"}
    assert [why for why in told if why not in documented] == []
