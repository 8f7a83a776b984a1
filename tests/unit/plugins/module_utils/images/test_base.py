"""Where a base image comes from, and what is said when it comes from nowhere."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import connect
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.images import base as base_image

SOCKET = "unix:///var/run/docker.sock"


@pytest.fixture(scope="module")
def client():
    try:
        return connect(SOCKET)
    except FestivalError:
        pytest.skip("no engine answers")


def params(name, **further):
    return {"name": name, "state": "present", "source": "auto", "suite": None, **further}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("debian:trixie", ("debian", "trixie")),
        ("debian", ("debian", "latest")),
        ("10.213.0.2:5000/festival/base", ("10.213.0.2:5000/festival/base", "latest")),
        ("10.213.0.2:5000/festival/base:1", ("10.213.0.2:5000/festival/base", "1")),
    ],
)
def test_repository_and_tag(name, parts):
    assert base_image.split_name(name) == parts


@pytest.mark.parametrize(
    ("name", "suite"),
    [
        ("debian:trixie", "trixie"),
        ("debian:bookworm-slim", "bookworm"),
        ("docker.io/library/debian:sid", "sid"),
        ("debian:12", None),
        ("debian", None),
        ("rocker/r-ver:4.5.0", None),
        ("mirror.example/debian:trixie", None),
    ],
)
def test_suite_of_a_name(name, suite):
    assert base_image.debian_suite(name) == suite


def test_the_engines_own_words_on_a_pull():
    events = [{"status": "Pulling from library/debian"}, {"errorDetail": {}, "error": "manifest unknown"}]
    assert base_image.pull_error(events) == "manifest unknown"
    assert base_image.pull_error(events[:1]) is None


def test_only_what_carries_our_label_is_ours():
    assert base_image.is_ours({"Config": {"Labels": {"festival.bootstrapped": "trixie"}}})
    assert not base_image.is_ours({"Config": {"Labels": None}})
    assert not base_image.is_ours({"Config": {"Labels": {"maintainer": "somebody"}}})


def test_an_image_that_comes_from_nowhere(client):
    with pytest.raises(
        FestivalError, match=r"nowhere\.invalid/none:1 can't be pulled: .*the engine says: .*docker load"
    ):
        base_image.converge(client, params("nowhere.invalid/none:1"), check_mode=False)


def test_a_bootstrap_without_a_suite(client):
    with pytest.raises(FestivalError, match="rocker/r-ver:0 can't be bootstrapped: give its Debian suite"):
        base_image.converge(client, params("rocker/r-ver:0", source="bootstrap"), check_mode=False)


def test_a_bootstrap_without_its_program(client, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FestivalError, match="mmdebstrap is not installed here. Install the packages"):
        base_image.converge(client, params("debian:nosuchsuite", source="bootstrap"), check_mode=False)


@pytest.mark.skipif(not shutil.which("mmdebstrap"), reason="needs mmdebstrap")
def test_a_suite_that_does_not_exist(client):
    with pytest.raises(FestivalError, match=r"Bootstrapping Debian nosuchsuite (?s:.*)Is the suite's name right"):
        base_image.converge(client, params("debian:nosuchsuite", source="bootstrap"), check_mode=False)


def test_a_check_run_pulls_nothing(client):
    found = base_image.converge(client, params("nowhere.invalid/none:1"), check_mode=True)
    assert (found["changed"], found["id"], found["source"]) == (True, None, None)
    assert found["diff"] == {"before": "nowhere.invalid/none:1: absent\n", "after": "nowhere.invalid/none:1: present\n"}


@pytest.fixture
def image(client, tmp_path):
    """Return a function that imports a tiny image of our own, with or without the label, and names it."""
    made = []

    def make(*changes):
        (tmp_path / "file").write_text("made by a test")
        subprocess.run(["tar", "-cf", tmp_path / "root.tar", "-C", tmp_path, "file"], check=True)
        client.import_image_from_file(str(tmp_path / "root.tar"), "festival-test/base", "1", changes=list(changes))
        made.append("festival-test/base:1")
        return made[-1]

    yield make
    for name in made:
        if client.images(name):
            client.remove_image(name)


def test_an_image_that_is_there_is_left_alone(client, image):
    name = image()
    found = base_image.converge(client, params(name, source="pull"), check_mode=False)
    assert (found["changed"], found["source"]) == (False, "present")


def test_absent_spares_what_was_not_bootstrapped_here(client, image):
    name = image()
    assert not base_image.converge(client, params(name, state="absent"), check_mode=False)["changed"]
    assert client.images(name)


def test_absent_removes_what_was_bootstrapped_here(client, image):
    name = image("LABEL festival.bootstrapped=trixie")
    assert base_image.converge(client, params(name, state="absent"), check_mode=True)["changed"]
    assert client.images(name)
    assert base_image.converge(client, params(name, state="absent"), check_mode=False)["changed"]
    assert not base_image.converge(client, params(name, state="absent"), check_mode=False)["changed"]
    assert not client.images(name)
