"""Images named by the content they are built from: the same inputs give the same name, and nothing is built twice."""

from __future__ import annotations

import concurrent.futures
import io
import tarfile
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import NotFound, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.identity import content_id
from ansible_collections.alparque.festival.plugins.module_utils.images.store import pushing

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


def text_in(client: t.Any, image: str, path: str) -> str:
    """Return the text of a file in an image."""
    with docker_errors(f"Reading {path} in {image}"):
        container = client.create_container(image, command=["true"])["Id"]
        try:
            chunks, _about = client.get_archive(container, path)
            archive = io.BytesIO(b"".join(chunks))
        finally:
            client.remove_container(container)
    with tarfile.open(fileobj=archive) as tar:
        return tar.extractfile(tar.next()).read().decode(errors="replace")


def labels_of(known: dict | None) -> dict[str, str]:
    """Return the labels by which an image describes what is in it."""
    return dict(((known or {}).get("Config") or {}).get("Labels") or {})


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
        #: One push at a time, while the next image is built.
        self._pushes = concurrent.futures.ThreadPoolExecutor(1)
        self._pushed: list[concurrent.futures.Future] = []

    def __enter__(self) -> Chain:
        return self

    def __exit__(self, *_: object) -> None:
        self._pushes.shutdown()

    def finish(self) -> None:
        """Wait for what is still being pushed; raise FestivalError where one could not be."""
        for push in self._pushed:
            push.result()

    def add(self, image: dict) -> None:
        """Build and push what is missing of one image; later ones may name it as their parent."""
        parent = self._parent(image["parent"])
        if parent is None:
            self.made[image["name"]] = {"name": None, "id": None, "digest": None, "labels": {}, "state": "to build"}
            return
        described = [f"{label}={path}" for label, path in sorted(image["label_files"].items())]
        tag = content_tag(parent, "\n".join([image["dockerfile"], *described]), image["files"])
        name = f"{image['name']}:{tag}"
        known = _inspect(self.client, name)
        state = "present" if known else "to build" if self.check_mode else "built"
        if state == "built":
            self._build(name, parent, image)
            known = _inspect(self.client, name)
        entry = {
            "name": name,
            "id": known["Id"] if known else None,
            "digest": None,
            "labels": labels_of(known),
            "state": state,
        }
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
        labels = {label: text_in(self.client, parent, path) for label, path in image["label_files"].items()}
        with docker_errors(f"Building {name}"):
            events = self.client.build(
                fileobj=build_context(image["dockerfile"], image["files"]),
                custom_context=True,
                tag=name,
                buildargs={"PARENT": parent},
                labels=labels,
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
            self._pushed.append(self._pushes.submit(self._push, remote, tag, known, entry))
        else:
            entry["digest"] = f"{remote}@{digest}"

    def _push(self, remote: str, tag: str, known: dict, entry: dict) -> None:
        """Push an image, and note its digest. Private."""
        with docker_errors(f"Pushing {remote}:{tag}"), pushing(self.registry):
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
    with Chain(client, params["registry"], check_mode) as chain:
        for image in params["images"]:
            chain.add(image)
        chain.finish()
    new = {name: entry["name"] for name, entry in chain.made.items() if entry["state"] != "present"}
    diff = {"before": dict.fromkeys(new), "after": new}
    return {"changed": bool(new), "images": chain.made, "registry_refusal": chain.refusal, "diff": diff}
