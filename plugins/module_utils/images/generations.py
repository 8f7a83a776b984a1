"""Generations of images: a few are kept for a way back, older ones go, and never one that something runs."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import NotFound, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.images.base import split_name
from ansible_collections.alparque.festival.plugins.module_utils.images.store import Store, pushing

#: Label of a swarm's containers.
TASK = "com.docker.swarm.task.id"


def repository_of(reference: str, registry: str) -> str:
    """Return the repository that a name or digest belongs to, without the registry's address."""
    name, at, _digest = reference.partition("@")
    return (name if at else split_name(name)[0]).removeprefix(f"{registry}/")


def references(image: dict) -> list[str]:
    """Return all names and digests by which the engine knows an image."""
    known = [*(image.get("RepoTags") or []), *(image.get("RepoDigests") or [])]
    return [reference for reference in known if not reference.startswith("<none>")]


def is_history(container: dict) -> bool:
    """Say whether a container is what a swarm keeps of a task that has ended."""
    return container.get("State") in ("exited", "dead") and TASK in (container.get("Labels") or {})


class Generations:
    """The images of one engine that are ours."""

    def __init__(self, client: t.Any, params: dict) -> None:
        self.client = client
        self.registry: str = params["registry"]
        self.current: set[str] = set(params["current"])
        with docker_errors("Looking for images of earlier generations"):
            self.images: list[dict] = client.images()
            self.containers: list[dict] = client.containers(all=True)
        self.named = self._named_by_services()
        held = {container["ImageID"] for container in self.containers if not is_history(container)}
        self.used = {
            image["Id"] for image in self.images if image["Id"] in held or self.named.intersection(references(image))
        }

    def _named_by_services(self) -> set[str]:
        """Return the images that services ask for, also where no container of them runs now. Private."""
        with docker_errors("Asking what services run"):
            if not (self.client.info().get("Swarm") or {}).get("ControlAvailable"):
                return set()
            return {service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] for service in self.client.services()}

    def of(self, repository: str) -> list[dict]:
        """Return the images of a repository: what is current, then the youngest first."""
        ours = [
            image
            for image in self.images
            if any(repository_of(each, self.registry) == repository for each in references(image))
        ]
        return sorted(ours, key=lambda image: (not self.current.intersection(references(image)), -image["Created"]))

    def old(self, repository: str, keep: int) -> list[dict]:
        """Return the images of a repository that are to go."""
        return [image for image in self.of(repository)[keep:] if image["Id"] not in self.used]

    def kept(self, repository: str, keep: int) -> set[str]:
        """Return the names and digests of a repository that stay."""
        gone = [image["Id"] for image in self.old(repository, keep)]
        stay = {each for image in self.of(repository) if image["Id"] not in gone for each in references(image)}
        return stay | self.named | self.current

    def remove(self, image: dict) -> None:
        """Remove an image by each of its names, and what a swarm has left of it; the layers that others stand on stay."""
        for container in self.containers:
            if container["ImageID"] == image["Id"]:
                with docker_errors(f"Removing container {container['Id'][:12]}"), contextlib.suppress(NotFound):
                    self.client.remove_container(container["Id"])
        for reference in references(image):
            with docker_errors(f"Removing image {reference}"), contextlib.suppress(NotFound):
                self.client.remove_image(reference)


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Remove the images of earlier generations from the engine, and from the registry where its folder is given."""
    generations = Generations(client, params)
    keep, removed, unreferenced = params["keep"], [], []
    for repository in params["repositories"]:
        old = generations.old(repository, keep)
        removed += [min(references(image), key=len) for image in old]
        if params["container"]:
            store = Store(client, Path(params["certificates"]), params["registry"], params["container"])
            unreferenced += store.clear(repository, generations.kept(repository, keep), check_mode)
        for image in [] if check_mode else old:
            generations.remove(image)
    if unreferenced and not check_mode:
        with pushing(params["registry"], alone=True):
            store.collect()
    names = sorted({*removed, *unreferenced})
    diff = {"before": "".join(f"{name}\n" for name in names), "after": ""}
    return {"changed": bool(names), "removed": names, "diff": diff}
