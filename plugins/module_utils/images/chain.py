"""Images named by the content they are built from: the same inputs give the same name, and nothing is built twice."""

from __future__ import annotations

import io
import tarfile
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import NotFound, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.identity import content_id

#: Lines of a failed build's log that its error message carries.
LOG_TAIL = 25


def content_tag(parent: str, dockerfile: str, files: dict[str, str]) -> str:
    """Return 12 hex digits that change when the parent, the Dockerfile, or a file changes."""
    return content_id([parent, dockerfile, sorted(files.items())])


def build_context(dockerfile: str, files: dict[str, str]) -> io.BytesIO:
    """Return a tar archive, the same bytes for the same inputs; what begins with #! is executable."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, text in sorted({**files, "Dockerfile": dockerfile}.items()):
            entry = tarfile.TarInfo(path)
            entry.mode = 0o755 if text.startswith("#!") else 0o644
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    archive.seek(0)
    return archive


def follow_build(name: str, events: t.Iterable[dict]) -> None:
    """Read the build to its end; raise FestivalError with the failing step and the log's last lines."""
    step, lines = "before its first step", []
    for event in events:
        text = event.get("stream", "").rstrip()
        if text.startswith("Step "):
            step = text
        if text:
            lines.append(text)
        if "error" in event:
            log = "\n".join(lines[-LOG_TAIL:])
            raise FestivalError(
                f"Image {name} could not be built: {event['error']}\nFailing step: {step}\nLast lines of its log:\n{log}\n"
                "Mend what the log names (a package name, a mirror, the network of the manager) and run again.",
                step=step,
            )


def follow_push(name: str, events: t.Iterable[dict]) -> None:
    """Read the push to its end; raise FestivalError with the registry's words."""
    for event in events:
        if "error" in event:
            raise FestivalError(
                f"Image {name} could not be pushed: {event['error']}. Is the registry up? playbooks/images.yml starts it."
            )


def _inspect(client: t.Any, name: str) -> dict | None:
    """Return what the engine knows of an image by name, digest or id, or None. Private."""
    with docker_errors(f"Looking for image {name}"):
        try:
            return client.inspect_image(name)
        except NotFound:
            return None


def _registry_digest(client: t.Any, reference: str) -> str | None:
    """Return the digest under which the registry holds the image, or None. Private."""
    try:
        with docker_errors(f"Asking the registry for {reference}"):
            return client.inspect_distribution(reference)["Descriptor"]["digest"]
    except FestivalError as error:
        # A registry that lacks the image says so in one of these ways; any other answer is a fault.
        if any(word in str(error) for word in ("manifest unknown", "not found", "name unknown")):
            return None
        raise


class Chain:
    """Images that build on each other, made on one engine and pushed to one registry."""

    def __init__(self, client: t.Any, registry: str, check_mode: bool) -> None:
        self.client = client
        self.registry = registry
        self.check_mode = check_mode
        self.made: dict[str, dict] = {}
        self.refusal: str | None = None

    def add(self, image: dict) -> None:
        """Build and push what is missing of one image; later ones may name it as their parent."""
        parent = self._parent(image["parent"])
        if parent is None:
            self.made[image["name"]] = {"name": None, "id": None, "digest": None, "state": "to build"}
            return
        tag = content_tag(parent, image["dockerfile"], image["files"])
        name = f"{image['name']}:{tag}"
        known = _inspect(self.client, name)
        state = "present" if known else "to build" if self.check_mode else "built"
        if state == "built":
            self._build(name, parent, image)
            known = _inspect(self.client, name)
        entry = {"name": name, "id": known["Id"] if known else None, "digest": None, "state": state}
        self.made[image["name"]] = entry
        if self.registry and known:
            self._publish(image["name"], tag, known, entry)

    def _parent(self, parent: str) -> str | None:
        """Return the parent's exact name or id, or None where a check run finds it missing. Private."""
        if parent in self.made:
            return self.made[parent]["name"]
        known = _inspect(self.client, parent)
        if known:
            return known["Id"]
        if self.check_mode:
            return None
        raise FestivalError(f"Parent image {parent} is not on this engine. Make it with the base_image module first.")

    def _build(self, name: str, parent: str, image: dict) -> None:
        with docker_errors(f"Building {name}"):
            events = self.client.build(
                fileobj=build_context(image["dockerfile"], image["files"]),
                custom_context=True,
                tag=name,
                buildargs={"PARENT": parent},
                decode=True,
                rm=True,
                forcerm=True,
                timeout=3600,
            )
            follow_build(name, events)

    def _digest(self, remote: str, tag: str, known: dict) -> str | None:
        """Return the digest in the registry, or None. Where that does not answer a check run takes what was pushed. Private."""
        try:
            return _registry_digest(self.client, f"{remote}:{tag}")
        except FestivalError as error:
            if not self.check_mode:
                raise
            self.refusal = str(error)
            pushed = [each.split("@") for each in known.get("RepoDigests") or []]
            return next((digest for repository, digest in pushed if repository == remote), None)

    def _publish(self, repository: str, tag: str, known: dict, entry: dict) -> None:
        remote = f"{self.registry}/{repository}"
        digest = self._digest(remote, tag, known)
        if digest is None and self.check_mode:
            entry["state"] = "to push"
            return
        if digest is None:
            with docker_errors(f"Pushing {remote}:{tag}"):
                self.client.tag(entry["id"], remote, tag)
                follow_push(remote, self.client.push(remote, tag, stream=True, decode=True))
            digest = self._digest(remote, tag, known)
            if digest is None:
                raise FestivalError(
                    f"The registry took {remote}:{tag} but does not have it. Is its disk full? See its log on the first "
                    "manager, and run again."
                )
            entry["state"] = "built" if entry["state"] == "built" else "pushed"
        entry["digest"] = f"{remote}@{digest}"


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Make the whole chain; return each image's name, id, digest and what was done for it."""
    chain = Chain(client, params["registry"], check_mode)
    for image in params["images"]:
        chain.add(image)
    new = {name: entry["name"] for name, entry in chain.made.items() if entry["state"] != "present"}
    diff = {"before": dict.fromkeys(new), "after": new}
    return {"changed": bool(new), "images": chain.made, "registry_refusal": chain.refusal, "diff": diff}
