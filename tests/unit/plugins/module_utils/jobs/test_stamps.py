"""A file's stamp is another one after any change, and else the same."""

from __future__ import annotations

import os

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import ForeignFolder
from ansible_collections.alparque.festival.plugins.module_utils.jobs.stamps import (
    given_away,
    keep_stamps,
    kept_stamps,
)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_is_given_away_has_the_stamps_that_are_found_later(tmp_path):
    work = tmp_path / "fresh" / "work"
    (work / "deep").mkdir(parents=True)
    odd = os.fsdecode(b"deep/\xff\n")
    for name in ("a.R", odd):
        (work / name).write_text("1\n")
    (work / "link").symlink_to("a.R")
    keep_stamps(tmp_path, given_away(work, 12345))
    (tmp_path / "fresh").rename(tmp_path / "master")
    found = {found.name: found.stamp for found in ForeignFolder(tmp_path / "master", seen_as="/job").walk("work")}
    assert kept_stamps(tmp_path) == found and found.keys() == {"a.R", odd, "link"}
    assert (tmp_path / "master" / "work" / odd).stat().st_uid == 12345


def test_a_job_of_an_earlier_release_has_none(tmp_path):
    assert kept_stamps(tmp_path) == {}
