"""What comes back from a Unix socket at which Docker answers, or something else does, or nobody."""

from __future__ import annotations

import contextlib
import http.server
import socketserver
import threading
import typing as t

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.docker.socket import Answer, NoAnswer, ask


class Docker(http.server.BaseHTTPRequestHandler):
    """Answers every question with what it was made for."""

    status, body = 200, ""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body.encode("latin-1"))

    def address_string(self) -> str:
        """Name the caller, which has no address on a Unix socket."""
        return "socket"

    def log_message(self, *_arguments: t.Any) -> None:
        """Say nothing."""


@pytest.fixture
def answering(tmp_path):
    """Return a function that has one question answered, and returns the socket's path."""
    with contextlib.ExitStack() as stack:

        def start(body: str, status: int = 200) -> str:
            path = str(tmp_path / "docker.sock")
            handler = type("Handler", (Docker,), {"body": body, "status": status})
            server = stack.enter_context(socketserver.UnixStreamServer(path, handler))
            # Who has asked is gone as soon as it has its answer.
            server.handle_error = lambda *_: None
            threading.Thread(target=server.handle_request, daemon=True).start()
            return path

        yield start


@pytest.mark.parametrize(
    ("said", "body"), [('{"Driver": "overlay2"}', {"Driver": "overlay2"}), ("[]", []), ("OK", "OK"), ("", "")]
)
def test_json_comes_as_data_and_all_else_as_text(answering, said, body):
    assert ask(answering(said), "/info") == Answer(200, "1.41", body)


def test_a_refusal_is_an_answer(answering):
    assert ask(answering('{"message": "no"}', 503), "/info") == Answer(503, "1.41", {"message": "no"})


@pytest.mark.parametrize("said", ['{"Driver": "over', "\xff"])
def test_who_does_not_speak_as_docker_does_has_not_answered(answering, said):
    path = answering(said)
    with pytest.raises(NoAnswer, match=f"^{path}: "):
        ask(path, "/info")


def test_nobody_answers_where_nobody_is(tmp_path):
    path = str(tmp_path / "docker.sock")
    with pytest.raises(NoAnswer, match="No such file or directory"):
        ask(path, "/_ping")
    socketserver.UnixStreamServer(path, Docker).server_close()
    with pytest.raises(NoAnswer, match="refused"):
        ask(path, "/_ping")
