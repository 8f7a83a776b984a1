"""Why a job has no result, in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.plugin_utils.failure import explain

FAILED = {"id": "a-1", "state": "failed", "cause": "", "exit_code": 1, "engine": "socket"}


@pytest.mark.parametrize("quotes", ["\u2018\u2019", "''", '""'])
def test_a_package_that_the_images_lack_is_told_with_the_next_step(quotes):
    log = (
        f"Error in library(name) : \n  there is no package called {quotes[0]}data.table2{quotes[1]}\nExecution halted\n"
    )
    said = explain({**FAILED, "log": log}, Path("results/a-1"), "")
    assert "The images lack data.table2: put it into images_r_packages and run playbooks/festival.yml.\n" in said


def test_one_that_was_only_asked_for_is_not():
    log = "there is no package called 'zoo'\nError: no guitar\nExecution halted\n"
    assert "images_r_packages" not in explain({**FAILED, "log": log}, Path("results/a-1"), "")


def test_a_job_that_wrote_more_than_it_may_is_told_what_holds():
    job = {
        **FAILED,
        "exit_code": 153,
        "output_limit": "40M",
        "log": "5M lie in the job's folder, and job_output_limit is 4M: it is ended.\n",
    }
    said = explain(job, Path("results/a-1"), "")
    assert said.startswith("Job a-1 wrote more than the 40M that job_output_limit allows, and was ended.")
    assert "raise job_output_limit" in said
    quits = explain({**job, "log": "begins\n"}, Path("results/a-1"), "")
    assert "R ended with exit code 153" in quits
