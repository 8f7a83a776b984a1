"""Root looks at a job, packs it and makes its folder anew while another user exchanges what is in it: each a real race."""

from __future__ import annotations

import os
import tarfile
import time
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import JobFolder
from ansible_collections.alparque.festival.tests.unit.stranger import EXCHANGE, REPLACE, at_work, give

SECRET = '{"r": "PRIVATE", "event": "join", "worker": "PRIVATE", "time": 1}\n'
MINE = '{"r": "mine", "event": "join", "worker": "mine", "time": 1}\n'

#: For so long each race is run.
SECONDS = 1.0


@pytest.fixture
def folder(tmp_path):
    folder = JobFolder(str(tmp_path / "data"), "a-1")
    (folder.work / "output" / "deep").mkdir(parents=True)
    (folder.work / "a.R").write_text("1\n")
    folder.record(state="running")
    give(folder.mounted, folder.work, folder.work / "output", folder.work / "output" / "deep")
    return folder


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path


def exchanged(folder, name, secret):
    """Return a program that exchanges a file of the job's with a link to the secret."""
    path = folder.mounted / name
    path.write_text(MINE)
    (path.parent / "link").symlink_to(secret)
    give(path, path.parent / "link")
    link = os.path.join(os.path.dirname(name), "link")
    return EXCHANGE.format(one=name.encode(), other=link.encode())


READERS = {
    "log.txt": lambda folder: folder.log(),
    "events.jsonl": lambda folder: folder.piece("events.jsonl", 0)[0] + str(folder.workers()),
    "session.json": lambda folder: str(folder.session()),
}


@pytest.mark.parametrize(("name", "read"), READERS.items(), ids=READERS)
def test_no_other_file_is_looked_into(folder, secret, name, read):
    seen, until = set(), time.monotonic() + SECONDS
    with at_work(folder.mounted, exchanged(folder, name, secret)):
        while time.monotonic() < until:
            seen.add(read(folder))
    assert not [text for text in seen if "PRIVATE" in text]
    assert [text for text in seen if "mine" in text], "both were met, or it was no race"


@pytest.mark.parametrize("name", ["log.txt", "value.rds", "work/a.R", "work/output/x.csv", "work/output/deep/x.csv"])
def test_no_other_file_is_packed(folder, secret, name):
    program, packed, until = exchanged(folder, name, secret), b"", time.monotonic() + SECONDS
    while time.monotonic() < until:
        with at_work(folder.mounted, program):
            for _ in range(100):
                try:
                    packed += Path(folder.pack("output", "a.R", os.getuid())).read_bytes()
                    folder.archive.unlink()
                except FestivalError:
                    continue
                if not (folder.mounted / name).parent.exists() or not os.path.lexists(folder.mounted / name):
                    break
        assert b"PRIVATE" not in packed
        for path in (folder.mounted / name, (folder.mounted / name).parent / "link"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
        give(*(parent for parent in (folder.mounted / name).parents if folder.mounted in parent.parents))
        program = exchanged(folder, name, secret)
    assert packed


def test_inputs_are_not_unpacked_into_another_folder(folder, tmp_path):
    """What an earlier master left behind puts a link in the place of the new working directory whenever that comes up."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "kept").write_text("root's")
    (tmp_path / "data.csv").write_text("1\n")
    with tarfile.open(tmp_path / "inputs.tar", "w") as tar:
        for number in range(20):
            tar.add(tmp_path / "data.csv", arcname=f"planted-{number}")
    until, uid = time.monotonic() + SECONDS, give()
    while time.monotonic() < until:
        (folder.mounted / "checkpoint").mkdir(parents=True, exist_ok=True)
        give(folder.mounted, folder.mounted / "checkpoint")
        with at_work(folder.mounted, REPLACE.format(target=str(victim), name=b"work")):
            for _ in range(20):
                folder.prepare(str(tmp_path / "inputs.tar"), uid, keep=True)
    assert os.listdir(victim) == ["kept"] and (victim / "kept").stat().st_uid == os.getuid()
    assert victim.stat().st_uid == os.getuid()
    assert len(os.listdir(folder.work)) == 20
