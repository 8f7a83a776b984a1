"""What engines for R scripts share: why a script failed."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.base import r_error


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("stop", "Error: the data is empty"),
        ("function", "Error in f(y - 2) : x is negative: -1\nCalls: g -> f"),
        (
            "worker",
            "Error in checkForRemoteErrors(val) : \n  one node produced an error: task 3 is bad\n"
            "Calls: parLapply ... clusterApply -> staticClusterApply -> checkForRemoteErrors",
        ),
        ("syntax", 'Error: unexpected symbol in:\n"y <- (2 +\nz z"'),
        ("package", "Error in library(nosuchpackage) : \n  there is no package called 'nosuchpackage'"),
        ("warning", "Error in f() : gave up\nIn addition: Warning message:\nIn f() : odd input"),
        (
            "long",
            'Error in log_it(values = c(1, 2, 3, 4, 5, 6, 7, 8, 9), more = list("alpha",  : \n'
            "  a long story about this",
        ),
        # Not an error that ended the script: it was caught, and the script chose to end.
        ("quit", 'results are not good enough\nError in try(stop("known and handled")) : known and handled'),
        ("missing script", "Fatal error: cannot open file 'nosuch.R': No such file or directory"),
    ],
)
def test_r_says_what_went_wrong(recorded, case, message):
    log = recorded("r_logs.json")[case]
    assert r_error(log) == message
    # What went before is not part of it, nor what R still had in its buffer when it gave up.
    if "Execution halted" in log:
        assert r_error(f'Error in try(stop("old")) : old\nnoise\n{log}late output\n') == message


def test_without_an_error_of_r_the_end_of_the_log_is_told():
    assert r_error("\n".join(map(str, range(40)))) == "\n".join(map(str, range(30, 40)))
    assert r_error("") == ""


def test_the_chunk_of_a_document_is_told_once():
    chunk = "Quitting from paper.Rmd:15-17 [broken]"
    log = f"\n{chunk}\nError in `eval()`:\n! no guitar\nBacktrace:\n 1. base::stop()\n\n{chunk}\nExecution halted\n"
    assert r_error(log) == f"{chunk}\nError in `eval()`:\n! no guitar\nBacktrace:\n 1. base::stop()\n"
