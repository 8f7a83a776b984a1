"""What R can run, and what is told of anything else."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.scripts import LOOK, judge_r


@pytest.fixture
def judged(tmp_path):
    """Return a function that writes a file and returns what is found, and whether that ends the run."""

    def judge(name, content):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return [(found.text, found.fatal) for found in judge_r(tmp_path / name)]

    return judge


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.R", "1\n"),
        ("a.r", "cat('año')\n"),
        ("a.Rmd", "---\n---\n"),
        ("a.qmd", "text\n"),
        ("analysis", "1\n"),
        ("run.sh", "#!/usr/bin/env Rscript\n1\n"),
        ("a.R", b"\xef\xbb\xbfcat(1)\n"),
        ("long.R", b"#" * (LOOK - 1) + "ñ".encode() + b"\n"),
    ],
)
def test_what_runs(judged, name, content):
    assert judged(name, content) == []


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.R", "", "job_script is a.R, an empty file. "),
        ("a.R", " \n\n", "job_script is a.R, an empty file. "),
        ("a.R", b"\x7fELF\0\0", "job_script is a.R, no text. Name an R script (.R), a document (.Rmd, .qmd)"),
        ("fit.rds", b"\x1f\x8b\0", "job_script is fit.rds, no text. Saved data: name the script that reads it"),
        ("data.csv", "a,b\n1,2\n", "job_script is data.csv, whose ending is not that of an R script. Name an R script"),
        ("a.ipynb", "{}", "job_script is a.ipynb, whose ending is not that of an R script. A notebook: write its code"),
        ("a.Rproj", "Version: 1.0\n", "job_script is a.Rproj, whose ending is not that of an R script. A project of"),
        ("run.sh", "#!/bin/sh\necho\n", "job_script is run.sh, whose ending is not that of an R script."),
    ],
)
def test_what_does_not(judged, name, content, told):
    ((text, fatal),) = judged(name, content)
    assert text.startswith(told) and fatal


def test_another_encoding_is_warned_of_with_its_line(judged):
    ((text, fatal),) = judged("a.R", "x <- 1\n# año\n".encode("latin1"))
    assert text.startswith("a.R is not UTF-8 in line 2,") and "iconv -f latin1 -t utf-8 a.R" in text and not fatal
