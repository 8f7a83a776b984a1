"""What a script asks for, and where it certainly ends without it."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.plugin_utils.packages.asked import Reader


def asked(text):
    """Return what a text asks for: a sure one with an exclamation mark."""
    return [f"{each.package}{'!' if each.sure else ''}" for each in Reader(text).found]


@pytest.mark.parametrize(
    "text",
    [
        "library(zoo)",
        "library('zoo')",
        "library(package = zoo, quietly = TRUE)",
        "library(zoo, warn.conflicts = FALSE)",
        "x <- 1; library(zoo)",
        "f <- function(x) {\n  x\n}\nlibrary(zoo)",
        "suppressPackageStartupMessages(library(zoo))",
        "suppressMessages(suppressWarnings({\n  library(zoo)\n}))",
        "invisible(loadNamespace('zoo'))",
        "base::library(zoo)",
    ],
)
def test_sure(text):
    assert "zoo!" in asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "if (a) library(zoo)",
        "if (a)\n  library(zoo)",
        "if (a) b else library(zoo)",
        "if (!requireNamespace('zoo', quietly = TRUE)) stop('no zoo')",
        "f <- function(x) library(zoo)",
        "f <- function(x)\n  library(zoo)",
        "g <- function() {\n  library(zoo)\n}",
        "for (i in 1:3) library(zoo)",
        "try(library(zoo))",
        "foreach(i = 1:3) %dopar% {\n  library(zoo)\n}",
        "clusterEvalQ(cl, library(zoo))",
        "require(zoo)",
        "zoo::rollmean(x, 2)",
        "`zoo`:::f",
        "foreach(i = 1:3, .packages = 'zoo') %dopar% i",
        "foreach(i = 1:3, .packages = c('MASS', 'zoo')) %dopar% i",
        "future(f(), packages = 'zoo')",
        "future_lapply(x, f, future.packages = c('zoo'))",
        "furrr_options(packages = 'zoo')",
        "pacman::p_load(a1, zoo)",
        "import::from(zoo, rollmean)",
    ],
)
def test_perhaps(text):
    assert "zoo" in asked(text) and "zoo!" not in asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "# library(zoo)",
        "x <- 'library(zoo)'",
        "library(zoo, character.only = TRUE)",
        "lapply(c('zoo'), library, character.only = TRUE)",
        "requireNamespace(zoo)",
        "list(packages = 'zoo')",
        "zoo",
        "from(zoo)",
        "library()",
        "library(zoo[1])",
        "library(",
        "::",
    ],
)
def test_none(text):
    assert "zoo" not in " ".join(asked(text))


def test_what_is_sourced():
    assert Reader("source('helper.R'); sys.source(\"R/b.R\", env); source(file.path('a'))").sources == [
        "helper.R",
        "R/b.R",
    ]


def test_the_line_is_that_of_the_name():
    (only,) = Reader("\n# one\nlibrary(\n  zoo\n)").found
    assert only.line == 4
