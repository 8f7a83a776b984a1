"""The way to a name ends, whatever the links on it: it is bounded and leaves no descriptor open."""

from __future__ import annotations

import os

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.way import LINKS, Refused, Way


def go(root, name):
    way = Way(root, "/job", name)
    try:
        way.go()
        return way.behind, way.links
    finally:
        way.close()


def test_where_it_led(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "up").symlink_to("../a/b")
    assert go(tmp_path, "") == ([], 0)
    assert go(tmp_path, "a/./b/") == (["a", "b"], 0)
    assert go(tmp_path, "a/up") == (["a", "b"], 1)
    assert go(tmp_path, "a/b/../b/..") == (["a"], 0)


@pytest.mark.parametrize(("links", "arrives"), [(LINKS, True), (LINKS + 1, False)])
def test_as_many_links_as_the_kernel_would_follow(tmp_path, links, arrives):
    (tmp_path / "0").mkdir()
    for number in range(1, links + 1):
        (tmp_path / str(number)).symlink_to(str(number - 1))
    if arrives:
        assert go(tmp_path, str(links)) == (["0"], links)
    else:
        with pytest.raises(Refused, match="in a circle"):
            go(tmp_path, str(links))


def test_it_ends_where_links_make_it_long(tmp_path):
    (tmp_path / "a").mkdir()
    for number in range(1, 5):
        (tmp_path / str(number)).symlink_to("a/../" * 700 + (str(number - 1) if number > 1 else "a"))
    before = len(os.listdir("/proc/self/fd"))
    for name in ("4", "nothing/below", "a/../../b", "1/../../.."):
        with pytest.raises((Refused, OSError)):
            go(tmp_path, name)
    assert len(os.listdir("/proc/self/fd")) == before
