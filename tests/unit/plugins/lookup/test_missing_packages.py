"""What a script asks for and an image lacks, as the role job looks it up."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible.plugins.loader import lookup_loader


@pytest.fixture
def missing(tmp_path):
    """Return a function that looks up what a script misses."""

    def look(text, installed="R 4.5.0\nsnow 0.4\n", **options):
        (tmp_path / "a.R").write_text(text, encoding="utf-8")
        plugin = lookup_loader.get("alparque.festival.missing_packages")
        return plugin.run([str(tmp_path / "a.R")], {}, installed=installed, **options)

    return look


def test_names(missing, tmp_path):
    (tmp_path / "b.R").write_text("library(readxl)", encoding="utf-8")
    text = "library(snow)\nzoo::f()\nsource('b.R')"
    assert missing(text, files=[str(tmp_path / "*.R")]) == [["zoo", "readxl"]]
    assert missing(text) == [["zoo"]]
    assert missing(text, installed="") == [[]]


def test_a_pattern_that_stands_for_nothing(missing, tmp_path):
    with pytest.raises(AnsibleError, match="nothing there is called so"):
        missing("1", files=[str(tmp_path / "*.csv")])
