"""A thin client of the Docker engine: one way in, one error type, one frame for every module."""

from __future__ import annotations

import contextlib
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    import docker
    from docker.errors import APIError, DockerException, NotFound
    from requests.exceptions import RequestException

    MISSING_SDK = None
except ImportError:
    MISSING_SDK = traceback.format_exc()
    APIError = DockerException = NotFound = RequestException = Exception

#: Seconds that one request to the engine may take; building and pushing stream and so stay below it.
REQUEST_TIMEOUT = 120


class FestivalError(Exception):
    """What a user must know: cause, object and next step in one message."""

    def __init__(self, message: str, **facts: t.Any) -> None:
        super().__init__(message)
        self.facts = facts


class EngineMissing(FestivalError):
    """No engine answers at the address."""


@contextlib.contextmanager
def engine_errors(doing: str) -> t.Iterator[None]:
    """Turn whatever the SDK raises while ``doing`` something into a FestivalError."""
    try:
        yield
    except APIError as error:
        raise FestivalError(f"{doing}: the engine says: {error.explanation or error}") from error
    except (DockerException, RequestException) as error:
        raise FestivalError(f"{doing}: {error}") from error


def connect(docker_host: str) -> docker.APIClient:
    """Return a client that speaks the newest API both sides know; raise EngineMissing where nobody answers."""
    try:
        return docker.APIClient(base_url=docker_host, version="auto", timeout=REQUEST_TIMEOUT)
    except (DockerException, RequestException) as error:
        raise EngineMissing(
            f"No Docker engine answers at {docker_host}: {error}. Run the docker_host role (playbooks/provision.yml) first."
        ) from error


def define_module(options: dict, **frame: t.Any) -> AnsibleModule:
    """Return an AnsibleModule with check mode and the options that all engine modules share."""
    shared = {"docker_host": {"type": "str", "default": "unix:///var/run/docker.sock"}}
    return AnsibleModule(argument_spec={**shared, **options}, supports_check_mode=True, **frame)


def run(
    module: AnsibleModule, converge: t.Callable[[docker.APIClient, dict, bool], dict], only_asks: bool = False
) -> None:
    """Call ``converge(client, params, check_mode)`` and hand its result, or its FestivalError, to Ansible."""
    try:
        if MISSING_SDK:
            raise EngineMissing(missing_required_lib("docker"))
        module.exit_json(**converge(connect(module.params["docker_host"]), module.params, module.check_mode))
    except EngineMissing as missing:
        # On a bare host a check run has no engine to ask: everything is still to be made.
        if module.check_mode and not only_asks:
            module.exit_json(changed=True, msg=f"would be made; no engine yet: {missing}")
        module.fail_json(msg=str(missing))
    except FestivalError as error:
        module.fail_json(msg=str(error), **error.facts)
