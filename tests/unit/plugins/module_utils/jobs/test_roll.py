"""The roll call: once, when the job is old enough and its master there, and in words that a user can act on."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs import roll
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import JobFolder

MISSING = {"of": 3, "hosts": {"carla": 1}}


class Master:
    """A master that reaches some workers, or of which nothing is known yet."""

    def __init__(self, *answers):
        self.answers = [*answers]

    def missing(self):
        return self.answers.pop(0)


@pytest.fixture
def job(tmp_path):
    """Return a function that makes the folder of a job of some age, and what job_master is told of it."""

    def make(age: float, **facts):
        folder = JobFolder(str(tmp_path), "a-1")
        folder.path.mkdir(parents=True)
        started = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age)
        folder.record(started=started.isoformat(), **facts)
        return folder, {"data_dir": str(tmp_path), "id": "a-1"}

    return make


def test_a_job_is_asked_about_once(job):
    folder, params = job(5)
    assert roll.call(Master(MISSING), folder, params) is True
    assert folder.facts()["missing"] == MISSING
    assert roll.call(Master(), folder, params) is False


def test_a_job_that_misses_nobody_is_asked_about_once_too(job):
    folder, params = job(5)
    assert roll.call(Master({}), folder, params) is False
    assert roll.call(Master(), folder, params) is False


def test_a_master_that_is_not_there_yet_is_asked_again(job):
    folder, params = job(5)
    master = Master(None, MISSING)
    assert roll.call(master, folder, params) is False
    assert roll.call(master, folder, params) is True


def test_a_job_that_has_just_begun_is_left_in_peace(job):
    folder, params = job(0)
    assert roll.call(Master(), folder, params) is False


def test_a_job_that_ended_meanwhile_keeps_its_facts(job):
    folder, params = job(5)

    class Ends:
        def missing(self):
            folder.record(finished="now")
            return MISSING

    roll.call(Ends(), folder, params)
    assert "missing" not in folder.facts() and folder.facts()["finished"] == "now"


def test_words():
    assert roll.words(MISSING) == "1 of 3 workers is missing: carla (cut off? playbooks/status.yml)"
    two = {"of": 6, "hosts": {"berta": 2, "carla": 2}}
    assert roll.words(two) == "4 of 6 workers are missing: berta, carla (cut off? playbooks/status.yml)"
    assert roll.words({}) == roll.words(None) == ""
