"""What an archive may put where: plain files in its folder, by the rules of tarfile's data filter, with and without that."""

from __future__ import annotations

import io
import os
import tarfile

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs import unpacking
from ansible_collections.alparque.festival.plugins.module_utils.jobs.unpacking import data_rules, unpack
from ansible_collections.alparque.festival.tests.unit.stranger import NAMES


@pytest.fixture(params=["tarfile's filter", "the same rules"])
def home(tmp_path, monkeypatch, request):
    """Return the folder to unpack into, where Python has the filter and where it has none (Debian 12)."""
    if request.param == "the same rules":
        monkeypatch.setattr(unpacking, "RULES", data_rules)
    elif not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python has no such filter")
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def packed(home, *names, **facts):
    """Return an archive of small files."""
    path = home.parent / "archive.tar"
    with tarfile.open(path, "w") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = 2 if facts.get("type", tarfile.REGTYPE) == tarfile.REGTYPE else 0
            for key, value in facts.items():
                setattr(entry, key, value)
            tar.addfile(entry, io.BytesIO(b"1\n"))
    return path


def test_files_of_any_name_come_out_as_they_went_in(home):
    names = [f"deep/{os.fsdecode(name)}" for name in NAMES]
    unpack(packed(home, *names, mode=0o644, mtime=1_700_000_000), home)
    assert sorted(os.listdir(os.fsencode(home / "deep"))) == sorted(NAMES)
    assert {(path.read_text(), path.stat().st_mtime) for path in (home / "deep").iterdir()} == {("1\n", 1_700_000_000)}


@pytest.mark.parametrize(
    ("mode", "given"),
    [(0o644, 0o644), (0o755, 0o755), (0o600, 0o600), (0o6777, 0o755), (0o7766, 0o744), (0o666, 0o644), (0o011, 0o600)],
)
def test_no_mode_lets_others_write_or_run_as_the_owner(home, mode, given):
    unpack(packed(home, "file", mode=mode, uid=12345, uname="nobody"), home)
    assert (home / "file").stat().st_mode & 0o7777 == given and (home / "file").stat().st_uid == os.getuid()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../planted", tarfile.REGTYPE),
        ("deep/../../planted", tarfile.REGTYPE),
        ("/tmp/planted", tarfile.REGTYPE),
        ("//planted", tarfile.REGTYPE),
        (".", tarfile.REGTYPE),
        ("planted", tarfile.SYMTYPE),
        ("planted", tarfile.LNKTYPE),
        ("planted", tarfile.FIFOTYPE),
        ("planted", tarfile.CHRTYPE),
        ("planted", tarfile.DIRTYPE),
    ],
)
def test_nothing_leads_out_and_nothing_is_no_file(home, name, kind):
    archive = packed(home, name, type=kind, linkname="" if kind == tarfile.REGTYPE else "/etc/passwd")
    with pytest.raises(
        FestivalError, match=r"The archive has '.*', which is no file of its own folder. Is the machine sound"
    ):
        unpack(archive, home)
    assert [path.name for path in home.parent.rglob("*") if path.name == "planted"] == []


def test_no_file_is_written_through_a_link_or_twice(home):
    (home.parent / "elsewhere").mkdir()
    (home / "link").symlink_to(home.parent / "elsewhere")
    for name in ("link", "link/planted"):
        with pytest.raises(FestivalError, match="no file of its own folder"):
            unpack(packed(home, name), home)
    with pytest.raises(FestivalError, match="no file of its own folder"):
        unpack(packed(home, "twice", "twice"), home)
    assert os.listdir(home.parent / "elsewhere") == []


def test_a_path_that_is_too_long_is_told_as_that(home):
    with pytest.raises(
        FestivalError, match=r"longer than Linux takes \(4,096 bytes\). Use a folder with a shorter path"
    ):
        unpack(packed(home, "x" * 200 + ("/" + "y" * 200) * 20), home)


@pytest.mark.parametrize("mtime", [-(1 << 40), 1 << 62])
def test_a_time_that_no_file_can_have(home, mtime):
    unpack(packed(home, "file", mtime=mtime), home)
    assert (home / "file").stat().st_mtime in (0, unpacking.LATEST)


def test_half_an_archive_is_told(home):
    whole = packed(home, *(f"file-{number}" for number in range(9)))
    whole.write_bytes(whole.read_bytes()[:700])
    with pytest.raises(FestivalError, match="cannot be unpacked: .*. Run again to have it sent anew."):
        unpack(whole, home)
