"""HTTP over Docker's Unix socket: enough to ask it how it is before its SDK need be there, and forty times faster than its command."""

from __future__ import annotations

import http.client
import json
import socket
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

#: Seconds. A Docker that is there answers in milliseconds; one that hangs must not hang the run.
TIMEOUT = 10


class NoAnswer(FestivalError):
    """Nobody answers at the socket, or not as Docker does."""


class Answer(t.NamedTuple):
    """What Docker has answered; the body as data where it is JSON, as text where not."""

    status: int
    api_version: str | None
    body: t.Any


class _Connection(http.client.HTTPConnection):
    """HTTP to a Unix socket. Private."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self.path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path: str, question: str) -> Answer:
    """Return the answer to a GET; raise NoAnswer, with the reason, where there is none."""
    connection = _Connection(path)
    try:
        connection.request("GET", question)
        response = connection.getresponse()
        text = response.read().decode()
        body = json.loads(text) if text.startswith(("[", "{")) else text
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"{path}: {error}") from error
    finally:
        connection.close()
    return Answer(response.status, response.headers.get("Api-Version"), body)
