"""The client of Docker's API against a program that answers as an engine does, and against nobody."""

from __future__ import annotations

import http.server
import json
import socketserver
import threading

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import (
    DockerMissing,
    NotFound,
    connect,
    docker_errors,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

ANSWERS = {
    "/version": (200, {"ApiVersion": "1.41", "MinAPIVersion": "1.24"}),
    "/v1.41/images/none/json": (404, {"message": "No such image: none"}),
    "/v1.41/info": (500, {"message": "disk is full"}),
}


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers as an engine does; where it knows no answer it hangs up."""

    def do_GET(self):
        if self.path in ANSWERS:
            code, said = ANSWERS[self.path]
            body = json.dumps(said).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def address_string(self):
        return "a socket has no address"

    def log_message(self, *what):
        pass


@pytest.fixture
def client(tmp_path):
    """Return a client of an engine that is about to be full."""
    with socketserver.ThreadingUnixStreamServer(str(tmp_path / "socket"), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield connect(f"unix://{tmp_path}/socket")
        server.shutdown()


def test_it_speaks_the_newest_version_that_both_sides_know(client):
    assert client.api_version == "1.41"


def test_what_the_engine_says_is_told_with_what_was_being_done(client):
    with pytest.raises(FestivalError, match=r"^Asking it: the engine says: disk is full$"), docker_errors("Asking it"):
        client.info()


def test_what_is_not_there_can_be_told_from_other_errors(client):
    with pytest.raises(FestivalError, match="No such image: none") as told, docker_errors("Looking"):
        client.inspect_image("none")
    assert isinstance(told.value.__cause__, NotFound)


def test_an_engine_that_hangs_up_is_an_error_and_not_a_missing_one(client):
    with pytest.raises(FestivalError, match="^Listing: .*(aborted|disconnected)") as told, docker_errors("Listing"):
        client.containers()
    assert not isinstance(told.value, DockerMissing)


def test_what_is_not_dockers_is_not_turned_into_its_error():
    with pytest.raises(ZeroDivisionError), docker_errors("Dividing"):
        print(1 / 0)


def test_nobody_at_the_address_is_told_with_the_next_step(tmp_path):
    where = f"unix://{tmp_path}/socket"
    with pytest.raises(DockerMissing, match=rf"^No Docker engine answers at {where}: .*playbooks/provision.yml"):
        connect(where)
