"""The image that others build on: from the engine, from a registry, or bootstrapped from Debian's packages."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

#: Label of what was bootstrapped here, and so may be removed here.
BOOTSTRAPPED = "festival.bootstrapped"

#: Lines of mmdebstrap's log that an error message carries.
LOG_TAIL = 10


def split_name(name: str) -> tuple[str, str]:
    """Return repository and tag; a colon before a slash belongs to a port."""
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "latest")


def debian_suite(name: str) -> str | None:
    """Return the suite that an image name like debian:trixie or debian:trixie-slim stands for, or None."""
    found = re.fullmatch(r"(?:docker\.io/)?(?:library/)?debian:([a-z]+?)(?:-slim)?", name)
    return found[1] if found else None


def pull_error(events: t.Iterable[dict]) -> str | None:
    """Read the pull to its end; return the engine's words where it failed."""
    errors = [event["error"] for event in events if "error" in event]
    return errors[-1] if errors else None


def bootstrap_command(suite: str, archive: str) -> list[str]:
    """Return the command that makes a minimal system; mmdebstrap itself knows the mirror that this machine uses."""
    return ["mmdebstrap", "--variant=minbase", suite, archive]


class BaseImage:
    """One image of one engine, and the ways to come by it."""

    def __init__(self, client: t.Any, params: dict) -> None:
        self.client = client
        self.name = params["name"]
        self.wanted = params["source"]
        self.suite = params["suite"] or debian_suite(self.name)

    def find(self) -> dict | None:
        """Return what the engine knows of the image, or None."""
        with docker_errors(f"Looking for image {self.name}"):
            return self.client.inspect_image(self.name) if self.client.images(self.name) else None

    def make(self) -> str:
        """Bring the image to the engine; return how: pull or bootstrap."""
        if self.wanted == "bootstrap":
            self._bootstrap(because="")
            return "bootstrap"
        refusal = self._pull()
        if refusal is None:
            return "pull"
        if self.wanted == "auto" and self.suite:
            self._bootstrap(because=f" (pulling it failed, too: {refusal})")
            return "bootstrap"
        raise FestivalError(
            f"Image {self.name} can't be pulled: {refusal}. Bring it to this engine by hand (docker load), name a registry "
            "that this host reaches, or name debian:<suite>, which is bootstrapped where no registry answers."
        )

    def _pull(self) -> str | None:
        """Return the engine's words where the pull fails. Private."""
        repository, tag = split_name(self.name)
        try:
            with docker_errors(f"Pulling {self.name}"):
                return pull_error(self.client.pull(repository, tag, stream=True, decode=True))
        except FestivalError as error:
            return str(error)

    def _bootstrap(self, because: str) -> None:
        """Make the image from Debian's packages. Private."""
        if not self.suite:
            raise FestivalError(
                f"Image {self.name} can't be bootstrapped: give its Debian suite, or name it debian:<suite>."
            )
        if not shutil.which("mmdebstrap"):
            raise FestivalError(
                f"Image {self.name} can't be bootstrapped{because}: mmdebstrap is not installed here. "
                "Install the packages mmdebstrap and debian-archive-keyring, or name an image that can be pulled."
            )
        with tempfile.TemporaryDirectory(prefix="festival-base-") as folder:
            archive = str(Path(folder) / "root.tar")
            done = subprocess.run(bootstrap_command(self.suite, archive), capture_output=True, text=True, check=False)
            if done.returncode:
                log = "\n".join(done.stderr.splitlines()[-LOG_TAIL:])
                raise FestivalError(
                    f"Bootstrapping Debian {self.suite} for {self.name} failed{because}. Last lines of mmdebstrap:\n{log}\n"
                    "Is the suite's name right, is a Debian mirror within reach, and is there room in /tmp?"
                )
            self._import(archive)

    def _import(self, archive: str) -> None:
        """Turn the archive of a system into the image. Private."""
        repository, tag = split_name(self.name)
        changes = ['CMD ["bash"]', f"LABEL {BOOTSTRAPPED}={self.suite}"]
        with docker_errors(f"Importing {self.name}"):
            self.client.import_image_from_file(archive, repository=repository, tag=tag, changes=changes)


def is_ours(known: dict) -> bool:
    """Say whether the image was bootstrapped here and isn't somebody else's."""
    return BOOTSTRAPPED in (known["Config"].get("Labels") or {})


def remove(client: t.Any, image: BaseImage, check_mode: bool) -> dict:
    """Remove the image if it was bootstrapped here and nothing stands on it."""
    known = image.find()
    in_use = known and (
        client.containers(all=True, filters={"ancestor": known["Id"]}) or _children(client, known["Id"])
    )
    if not known or not is_ours(known) or in_use:
        return _told(image, False, None, None, there=bool(known))
    if not check_mode:
        with docker_errors(f"Removing image {image.name}"):
            client.remove_image(image.name)
    return _told(image, True, known["Id"], None, there=False)


def _children(client: t.Any, image_id: str) -> list[str]:
    """Return the images that were built on this one. Private."""
    return [image["Id"] for image in client.images(all=True) if image["ParentId"] == image_id]


def _told(image: BaseImage, changed: bool, image_id: str | None, source: str | None, there: bool) -> dict:
    """Return a result: what is known of the image, and whether it is ``there`` now. Private."""
    states = [f"{image.name}: {'present' if of else 'absent'}\n" for of in (not there, there)]
    diff = {"before": states[0], "after": states[1]} if changed else {}
    return {"changed": changed, "name": image.name, "id": image_id, "source": source, "diff": diff}


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Make sure that the engine has the image, or no longer has it."""
    image = BaseImage(client, params)
    if params["state"] == "absent":
        return remove(client, image, check_mode)
    known = image.find()
    if known:
        return _told(image, False, known["Id"], "present", there=True)
    if check_mode:
        return _told(image, True, None, None, there=True)
    source = image.make()
    return _told(image, True, image.find()["Id"], source, there=True)
