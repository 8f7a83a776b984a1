"""Which images go: the oldest of each repository, and never one that something uses."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.images.generations import (
    converge,
    references,
    repository_of,
)
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine

REGISTRY = "10.218.0.2:5000"

STOPPED = {"State": "exited", "Labels": {}}
TASK = {"Labels": {"com.docker.swarm.task.id": "t"}}


def image(name, created, repository="festival/worker", tagged=True):
    """Return an image of a repository as an engine lists it; one that was pulled has a digest only."""
    remote = f"{REGISTRY}/{repository}"
    tags = [f"{repository}:{name}", f"{remote}:{name}"] if tagged else None
    return {"Id": f"sha256:{name}", "Created": created, "RepoTags": tags, "RepoDigests": [f"{remote}@sha256:{name}"]}


def engine(*images, running=(), services=()):
    spec = [{"Spec": {"TaskTemplate": {"ContainerSpec": {"Image": name}}}} for name in services]
    return FakeEngine(
        images=list(images),
        containers=[{"Id": f"c-{name}", "ImageID": f"sha256:{name}", **about} for name, about in dict(running).items()],
        info={"Swarm": {"ControlAvailable": bool(services)}},
        services=spec,
    )


def removed(client, check_mode=False, **further):
    """Return what is said to go, having seen that it is what the engine was told to remove."""
    params = {"repositories": ["festival/worker"], "current": [], "keep": 2, "registry": REGISTRY, "container": ""}
    result = converge(client, {**params, **further}, check_mode)
    assert result["changed"] == bool(result["removed"])
    told = {told["image"] for method, told in client.told if method == "remove_image"}
    gone = {each for image in client.answers["images"] for each in references(image) if each in told}
    assert gone == told
    assert check_mode or told.issuperset(result["removed"])
    return result["removed"], told


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("festival/worker:1a2b", "festival/worker"),
        (f"{REGISTRY}/festival/worker:1a2b", "festival/worker"),
        (f"{REGISTRY}/festival/worker@sha256:00", "festival/worker"),
        ("other:5000/festival/worker:1a2b", "other:5000/festival/worker"),
    ],
)
def test_repository_of_a_name(reference, repository):
    assert repository_of(reference, REGISTRY) == repository


def test_the_oldest_go_by_all_their_names():
    client = engine(image("one", 1), image("three", 3), image("two", 2))
    names, told = removed(client)
    assert names == ["festival/worker:one"]
    assert told == {"festival/worker:one", f"{REGISTRY}/festival/worker:one", f"{REGISTRY}/festival/worker@sha256:one"}


def test_a_host_that_pulled_them_knows_digests_only():
    client = engine(*(image(name, created, tagged=False) for created, name in enumerate(["one", "two", "three"])))
    assert removed(client)[0] == [f"{REGISTRY}/festival/worker@sha256:one"]


def test_a_check_run_removes_nothing():
    names, told = removed(engine(image("one", 1), image("two", 2), image("three", 3)), check_mode=True)
    assert (names, told) == (["festival/worker:one"], set())


def test_what_is_current_counts_as_the_youngest():
    """Somebody went back to what was made before."""
    images = [image("one", 1), image("two", 2), image("three", 3)]
    assert removed(engine(*images), current=["festival/worker:one"])[0] == ["festival/worker:two"]
    digest = f"{REGISTRY}/festival/worker@sha256:one"
    assert removed(engine(*images), current=[digest], keep=1)[0] == ["festival/worker:three", "festival/worker:two"]


def test_what_a_container_or_a_service_uses_stays():
    images = [image(name, created) for created, name in enumerate(["one", "two", "three", "four", "five"])]
    client = engine(*images, running={"one": STOPPED}, services=[f"{REGISTRY}/festival/worker@sha256:two"])
    assert removed(client)[0] == ["festival/worker:three"]


def test_what_a_swarm_keeps_of_ended_tasks_holds_nothing():
    images = [image(name, created) for created, name in enumerate(["one", "two", "three", "four"])]
    client = engine(*images, running={"one": {**STOPPED, **TASK}, "two": {"State": "running", **TASK}})
    assert removed(client)[0] == ["festival/worker:one"]
    assert [told["container"] for method, told in client.told if method == "remove_container"] == ["c-one"]


def test_others_images_and_other_repositories_stay():
    images = [
        image("one", 1, "festival/master"),
        image("two", 2, "other/worker"),
        image("three", 3, "festival2/worker"),
    ]
    assert removed(engine(*images), keep=1) == ([], set())
    nameless = {"Id": "sha256:x", "Created": 0, "RepoTags": ["<none>:<none>"], "RepoDigests": ["<none>@<none>"]}
    assert removed(engine(nameless), keep=1) == ([], set())
