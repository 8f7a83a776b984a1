"""What a cluster's registry holds: asked and deleted by its API, and its disk cleared of what nothing names any more.

The API is that of the OCI distribution specification; the clearing is the registry's own garbage collection, which must not
meet a push.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust.registry import secured

LOCKS = Path("/run/lock")
CONFIG = "/etc/festival/config.yml"
#: Debian calls the program otherwise than the registry's own image.
COLLECT = 'exec "$(command -v docker-registry || command -v registry)" garbage-collect "$0"'
#: How manifests may be written; without it a registry answers with an older form, which has another digest.
MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


@contextlib.contextmanager
def pushing(registry: str, alone: bool = False) -> t.Iterator[None]:
    """Hold the lock of those who push to a registry: any number of them, or who clears it ``alone``."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    with (LOCKS / f"festival-{registry.replace(':', '-')}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


class Store:
    """The registry at an address, which runs in a container of this engine."""

    def __init__(self, client: t.Any, certificates: Path, address: str, container: str) -> None:
        self.client, self.address, self.container = client, address, container
        self.certificates = certificates / address

    def clear(self, repository: str, kept: set[str], check_mode: bool) -> list[str]:
        """Delete the manifests of a repository that are not among the names and digests that stay; return their names."""
        gone = []
        for tag in self.tags(repository):
            name = f"{self.address}/{repository}:{tag}"
            # A tag whose manifest went with another tag has none.
            digest = self._ask("HEAD", f"{repository}/manifests/{tag}", unknown=b"")[1].get("docker-content-digest")
            if not digest or not kept.isdisjoint({name, f"{self.address}/{repository}@{digest}"}):
                continue
            gone.append(name)
            if not check_mode:
                self._ask("DELETE", f"{repository}/manifests/{digest}")
        return gone

    def tags(self, repository: str) -> list[str]:
        """Return the tags of a repository; none where the registry does not know it."""
        body, _headers = self._ask("GET", f"{repository}/tags/list", unknown=b"{}")
        return sorted(json.loads(body).get("tags") or [])

    def collect(self) -> None:
        """Have the registry free what no manifest names."""
        with docker_errors(f"Clearing the registry {self.container}"):
            run = self.client.exec_create(self.container, ["sh", "-c", COLLECT, CONFIG])
            said = self.client.exec_start(run)
            code = self.client.exec_inspect(run)["ExitCode"]
        if code:
            raise FestivalError(
                f"The registry's garbage collection ended with {code}: {said.decode(errors='replace')[-400:]} "
                "What it holds is all there; look at its container's log on the first manager."
            )

    def _ask(self, method: str, path: str, unknown: bytes | None = None) -> tuple[bytes, dict[str, str]]:
        """Return the registry's answer and its headers in lower case; ``unknown`` where it does not know what is asked for. Private."""
        try:
            with contextlib.closing(secured(self.certificates, self.address)) as connection:
                connection.request(method, f"/v2/{path}", headers={"Accept": MANIFESTS})
                answer = connection.getresponse()
                body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise FestivalError(
                f"The registry at {self.address} does not answer: {error}. playbooks/images.yml sets it up."
            ) from error
        if answer.status == 404 and unknown is not None:
            return unknown, {}
        if answer.status >= 400:
            raise FestivalError(
                f"The registry at {self.address} answers {answer.status} to {method} /v2/{path}: {body[:200]!r}. "
                "See its container's log on the first manager."
            )
        return body, {name.lower(): value for name, value in answer.getheaders()}
