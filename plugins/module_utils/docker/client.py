"""The only way to Docker: a client of its API whose errors are ours."""

from __future__ import annotations

import contextlib
import traceback
import typing as t

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

try:
    import docker
    from docker.errors import APIError, DockerException, NotFound
    from requests.exceptions import RequestException

    MISSING_SDK = None
except ImportError:
    MISSING_SDK = traceback.format_exc()
    APIError = DockerException = NotFound = RequestException = Exception

#: Seconds that one request to Docker may take; building and pushing stream and so stay below it.
REQUEST_TIMEOUT = 120


class DockerMissing(FestivalError):
    """No Docker engine answers at the address."""


@contextlib.contextmanager
def docker_errors(doing: str) -> t.Iterator[None]:
    """Turn whatever the SDK raises while ``doing`` something into a FestivalError."""
    try:
        yield
    except APIError as error:
        raise FestivalError(f"{doing}: the engine says: {error.explanation or error}") from error
    except (DockerException, RequestException) as error:
        raise FestivalError(f"{doing}: {error}") from error


def connect(docker_host: str) -> docker.APIClient:
    """Return a client that speaks the newest API both sides know; raise DockerMissing where nobody answers, or without SDK."""
    if MISSING_SDK:
        raise DockerMissing(missing_required_lib("docker"))
    try:
        return docker.APIClient(base_url=docker_host, version="auto", timeout=REQUEST_TIMEOUT)
    except (DockerException, RequestException) as error:
        raise DockerMissing(
            f"No Docker engine answers at {docker_host}: {error}. Run the docker_host role (playbooks/provision.yml) first."
        ) from error


def to_docker(params: dict) -> t.Any:
    """Return a client of the engine that a module's parameters name."""
    return connect(params["docker_host"])
