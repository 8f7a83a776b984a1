"""Images: their names, their builds as an engine reported them, and a chain on a recorded engine."""

from __future__ import annotations

import tarfile

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.images.chain import (
    build_context,
    content_tag,
    converge,
    follow_build,
    follow_push,
)
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, InTurn, absent, fault

DOCKERFILE = "ARG PARENT\nFROM ${PARENT}\n"
TAG = content_tag("sha256:parent", DOCKERFILE, {})
NAME = f"festival/base:{TAG}"
IMAGE = {"name": "festival/base", "parent": "debian:trixie", "dockerfile": DOCKERFILE, "files": {}, "label_files": {}}
REGISTRY = "10.218.0.2:5000"
DIGEST = {"Descriptor": {"digest": "sha256:d1"}}
ABSENT = absent("manifest unknown: manifest unknown")


def params(*images, registry=""):
    return {"registry": registry, "images": list(images) or [IMAGE]}


def held(*names, digests=()):
    """Return an engine's way to inspect the images that it holds; a build adds to them."""
    images = {"debian:trixie": "sha256:parent", **{name: f"sha256:{name}" for name in names}}

    def inspect_image(image):
        if image not in images:
            raise absent(f"no such image: {image}")
        return {"Id": images[image], "RepoDigests": list(digests)}

    def build(tag, **_):
        images[tag] = f"sha256:{tag}"
        return [{"stream": "Step 1/2 : ARG PARENT"}]

    return {"inspect_image": inspect_image, "build": build}


def test_the_tag_is_stable_across_order_and_releases():
    tag = content_tag("p", "d", {"a": "1", "b": "2"})
    assert tag == content_tag("p", "d", {"b": "2", "a": "1"})
    assert tag == "cd714ba65f56"  # a change of this rebuilds every user's images


@pytest.mark.parametrize(
    "inputs",
    [
        ("q", "d", {"a": "1"}),
        ("p", "e", {"a": "1"}),
        ("p", "d", {"a": "2"}),
        ("p", "d", {"b": "1"}),
        ("p", "d", {}),
        ("pd", "", {"a": "1"}),
    ],
)
def test_the_tag_changes_with_every_input(inputs):
    assert content_tag(*inputs) != content_tag("p", "d", {"a": "1"})


def test_the_context_is_the_same_bytes_whatever_the_order():
    files = {"bin/run": "#!/bin/sh\n", "ñandú.conf": "é\n"}
    context = build_context("FROM x\n", files).getvalue()
    assert context == build_context("FROM x\n", dict(reversed(files.items()))).getvalue()
    with tarfile.open(fileobj=build_context("FROM x\n", files)) as tar:
        assert {entry.name: (entry.mode, entry.mtime, entry.uid) for entry in tar} == {
            "Dockerfile": (0o644, 0, 0),
            "bin/run": (0o755, 0, 0),
            "ñandú.conf": (0o644, 0, 0),
        }
        assert tar.extractfile("ñandú.conf").read().decode() == "é\n"


@pytest.mark.parametrize(
    ("case", "step", "words"),
    [
        (
            "failing",
            "Step 4/5 : RUN echo looking",
            ["returned a non-zero code: 100", "Unable to locate package r-cran-nosuch"],
        ),
        ("copy", "Step 3/3 : COPY nosuch /", ["COPY failed: file not found in build context"]),
        ("parent", "Step 1/1 : FROM nosuch:1", ["no such host"]),
    ],
)
def test_a_failing_build_names_its_step_and_the_end_of_its_log(recorded, case, step, words):
    with pytest.raises(FestivalError) as caught:
        follow_build("festival/base:1", recorded("build_events.json")[case])
    assert caught.value.facts["step"].startswith(step)
    message = str(caught.value)
    assert message.startswith("Image festival/base:1 could not be built: ") and message.endswith("and run again.")
    assert all(word in message for word in [step, *words])


def test_only_the_end_of_a_long_log_is_told():
    with pytest.raises(FestivalError) as caught:
        follow_build("x", [*({"stream": f"line {n}\n"} for n in range(100)), {"error": "boom"}])
    assert "line 75\n" in str(caught.value) and "line 74\n" not in str(caught.value)
    assert caught.value.facts["step"] == "before its first step"


def test_a_failing_push_asks_for_the_registry(recorded):
    with pytest.raises(
        FestivalError, match=r"x could not be pushed: .*connection refused. Is the registry up\? playbooks"
    ):
        follow_push("x", recorded("build_events.json")["push"])


def test_a_chain_is_built_once_each_on_the_one_before():
    engine = FakeEngine(**held())
    worker = {**IMAGE, "name": "festival/worker", "parent": "festival/base"}
    first = converge(engine, params(IMAGE, worker), False)
    assert first["changed"] and engine.orders() == ["build", "build"]
    assert [call["buildargs"] for _, call in engine.told] == [{"PARENT": "sha256:parent"}, {"PARENT": NAME}]
    assert first["images"]["festival/base"] == {
        "name": NAME,
        "id": f"sha256:{NAME}",
        "digest": None,
        "labels": {},
        "state": "built",
    }
    second = converge(engine, params(IMAGE, worker), False)
    assert not second["changed"] and len(engine.told) == 2
    assert {entry["state"] for entry in second["images"].values()} == {"present"}


def test_what_a_file_in_the_parent_says_becomes_a_label():
    packed = build_context("", {"r-packages": "R 4.5.0\nzoo 1.8\n"}).getvalue()
    archive = packed[512:]  # without the Dockerfile, which comes first
    engine = FakeEngine(**held(), get_archive=([archive[:700], archive[700:]], {}))
    master = {
        **IMAGE,
        "name": "festival/master",
        "parent": "festival/base",
        "label_files": {"what.r": "/etc/r-packages"},
    }
    made = converge(engine, params(IMAGE, master), False)["images"]
    assert engine.orders() == ["build", "create_container", "get_archive", "remove_container", "build"]
    assert [call["labels"] for method, call in engine.told if method == "build"] == [
        {},
        {"what.r": "R 4.5.0\nzoo 1.8\n"},
    ]
    # Another label is another image.
    plain = {**master, "label_files": {}}
    assert (
        converge(engine, params(IMAGE, plain), False)["images"]["festival/master"]["name"]
        != made["festival/master"]["name"]
    )


def test_a_changed_parent_changes_what_is_built_on_it():
    tags = {
        converge(FakeEngine(inspect_image={"Id": parent}), params(), False)["images"]["festival/base"]["name"]
        for parent in ("sha256:one", "sha256:two")
    }
    assert len(tags) == 2


@pytest.mark.parametrize(
    ("registry_says", "check_mode", "state", "orders"),
    [
        ([DIGEST], False, "present", []),
        ([ABSENT, DIGEST], False, "pushed", ["tag", "push"]),
        ([ABSENT], True, "to push", []),
    ],
)
def test_what_the_registry_lacks_is_pushed(registry_says, check_mode, state, orders):
    engine = FakeEngine(**held(NAME), inspect_distribution=InTurn(registry_says), push=[{"status": "Pushed"}])
    result = converge(engine, params(registry=REGISTRY), check_mode)
    assert engine.orders() == orders
    entry = result["images"]["festival/base"]
    assert entry["state"] == state and result["changed"] == (state != "present")
    assert entry["digest"] == (None if check_mode else f"{REGISTRY}/festival/base@sha256:d1")


@pytest.mark.parametrize("case", ["dist nosuch host", "dist name"])
def test_a_registry_that_does_not_answer_is_not_one_that_lacks_the_image(recorded, case):
    engine = FakeEngine(**held(NAME), inspect_distribution=fault(recorded("engine_faults.json")[case]))
    with pytest.raises(FestivalError, match=f"Asking the registry for {REGISTRY}/{NAME}: the engine says: .*dial tcp"):
        converge(engine, params(registry=REGISTRY), False)
    assert engine.told == []


@pytest.mark.parametrize("pushed", [True, False])
def test_where_a_registry_does_not_answer_a_check_run_says_so_and_takes_what_was_pushed(recorded, pushed):
    remotes = ["other:5000/festival/base@sha256:d0", *([f"{REGISTRY}/festival/base@sha256:d1"] if pushed else [])]
    engine = FakeEngine(
        **held(NAME, digests=remotes), inspect_distribution=fault(recorded("engine_faults.json")["dist nosuch host"])
    )
    result = converge(engine, params(registry=REGISTRY), True)
    assert "dial tcp" in result["registry_refusal"] and engine.orders() == []
    entry = result["images"]["festival/base"]
    assert (entry["state"], entry["digest"]) == (
        ("present", f"{REGISTRY}/festival/base@sha256:d1") if pushed else ("to push", None)
    )


def test_check_mode_says_what_it_can_know_and_does_nothing():
    engine = FakeEngine(**held())
    worker = {**IMAGE, "name": "festival/worker", "parent": "nosuch:1"}
    late = {**IMAGE, "name": "festival/late", "parent": "festival/worker"}
    made = converge(engine, params(IMAGE, worker, late, registry=REGISTRY), True)
    assert engine.told == [] and made["changed"]
    assert {name: (entry["name"], entry["state"]) for name, entry in made["images"].items()} == {
        "festival/base": (NAME, "to build"),
        "festival/worker": (None, "to build"),
        "festival/late": (None, "to build"),
    }


def test_a_parent_that_is_missing_or_misspelt_is_an_error(recorded):
    with pytest.raises(
        FestivalError, match="Parent image debian:etch is not on this engine. Make it with the base_image"
    ):
        converge(FakeEngine(**held()), params({**IMAGE, "parent": "debian:etch"}), False)
    engine = FakeEngine(inspect_image=fault(recorded("engine_faults.json")["inspect Upper"]))
    with pytest.raises(FestivalError, match="Looking for image Debian:Trixie: .*must be lowercase"):
        converge(engine, params({**IMAGE, "parent": "Debian:Trixie"}), False)


def test_a_dockerfile_that_the_engine_cannot_read_is_an_error(recorded):
    engine = FakeEngine(**{**held(), "build": fault(recorded("engine_faults.json")["build syntax"])})
    with pytest.raises(FestivalError, match=f"Building {NAME}: the engine says: dockerfile parse error line 3"):
        converge(engine, params(), False)
