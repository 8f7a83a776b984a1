"""What is missing in an image, told before anything is started."""

from __future__ import annotations

import json

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.plugin_utils.packages.advice import code_of, look, missing

LABEL = "R 4.5.0\nsnow 0.4-4\nMASS 7.3-65\n"


@pytest.fixture
def job(tmp_path):
    """Return a function that writes a job's files and says what is found of them: the error, or the warnings."""

    def found(text, name="analysis.R", label=LABEL, **files):
        inputs = {}
        for called, content in {name: text, **{key.replace("__", "."): value for key, value in files.items()}}.items():
            (tmp_path / called).write_bytes(content if isinstance(content, bytes) else content.encode())
            if called != "renv.lock":
                inputs[called] = tmp_path / called
        try:
            return look(tmp_path / name, inputs, label)
        except FestivalError as error:
            return str(error)

    return found


def test_a_sure_end_is_an_error_with_the_line_to_add(job):
    assert job("library(zoo)\nif (a) library(MASS)\nreadxl::f()\n") == (
        "analysis.R asks for what the images do not have: zoo (line 1), readxl (line 3). Put it into images_r_packages, beside what is "
        "there, and run playbooks/festival.yml:\n  images_r_packages: [readxl, zoo]\nWith job_packages: add that is done for you."
    )


def test_what_may_never_be_reached_is_a_warning(job):
    (warning,) = job("if (interactive()) library(zoo)")
    assert "zoo (line 1)" in warning


def test_what_is_sourced_is_read_too(job):
    (warning,) = job("library(snow)\nsource('./helper.R')", helper__R="source('analysis.R')\nlibrary(zoo)")
    assert "zoo (helper.R, line 2)" in warning


@pytest.mark.parametrize(
    "before",
    ["install.packages('zoo')", ".libPaths('library')", "devtools::load_all('zoo')", "where <- c(lib.loc = 1)"],
)
def test_who_may_have_it_by_other_means_is_only_warned(job, before):
    (warning,) = job(f"{before}\nlibrary(zoo)")
    assert "zoo (line 2)" in warning


def test_libraries_of_the_jobs_own_may_have_it(job, tmp_path):
    job("library(zoo)")
    inputs = {"analysis.R": tmp_path / "analysis.R"}
    assert len(look(tmp_path / "analysis.R", inputs, LABEL, {"R_LIBS_USER": "library"})) == 1


@pytest.mark.parametrize(
    "text", ["library(snow)\nlibrary(MASS)", "", b"\xff\xfe\x00library", "library(\n" * 1000], ids=str
)
def test_nothing_is_missing(job, text):
    assert job(text) == []


def test_images_of_which_nothing_is_known_and_what_is_no_r(job):
    assert job("library(zoo)", label="") == []
    assert job("library(zoo)", name="program.py") == []


def test_documents(job, tmp_path):
    text = "---\ntitle: x\n---\nlibrary(not)\n\n```{r setup, echo=FALSE}\nlibrary(zoo)\n```\n\n```{python}\nlibrary(no)\n```\n"
    said = job(text, name="paper.Rmd")
    assert "rmarkdown (to render it), zoo (line 7)." in said
    assert code_of(tmp_path / "paper.Rmd").splitlines()[6] == "library(zoo)"


def test_a_name_is_told_once_and_where_it_is_sure(job, tmp_path):
    job("zoo::f()\nlibrary(zoo)")
    (only,) = missing("analysis.R", {"analysis.R": tmp_path / "analysis.R"}, {"R": "4.5.0"})
    assert only == ("zoo", "line 2", True)


LOCK = {
    "R": {"Version": "4.4.1"},
    "Packages": {"zoo": {"Version": "1.8"}, "snow": {"Version": "0.4-4"}, "MASS": {"Version": "7.3-60"}},
}


def test_renvs_file_is_compared(job):
    assert job("1", renv__lock=json.dumps(LOCK)) == [
        "renv.lock beside analysis.R has R 4.4.1, and the images have 4.5.0; packages that the images do not have: zoo; other "
        "versions than the images have (in brackets): MASS 7.3-60 (7.3-65)."
    ]


@pytest.mark.parametrize("lock", ["{", "[1]", "{}", '{"R": null, "Packages": {"a": 1}}', '{"R": {"Version": "4.5.2"}}'])
def test_renvs_file_that_says_nothing_else(job, lock):
    assert job("1", renv__lock=lock) == []
