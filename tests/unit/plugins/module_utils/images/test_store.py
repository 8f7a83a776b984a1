"""The registry's store, asked over TLS as the real one is, by a server that keeps its words in a dict."""

from __future__ import annotations

import http.server
import json
import ssl
import threading

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.images import store
from ansible_collections.alparque.festival.plugins.module_utils.images.store import Store, pushing
from ansible_collections.alparque.festival.plugins.module_utils.trust import certificates
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine

REPOSITORY = "festival/worker"


class Registry(http.server.BaseHTTPRequestHandler):
    """Tags with their digests; one whose manifest is deleted stays on the list, as with older registries."""

    tags: dict[str, str]
    deleted: list[str]

    def do_GET(self):
        self.reply(200 if self.tags else 404, json.dumps({"name": REPOSITORY, "tags": [*self.tags]}).encode())

    def do_HEAD(self):
        digest = self.tags.get(self.path.rpartition("/")[2])
        known = digest not in self.deleted
        self.reply(200 if known else 404, b"", **({"Docker-Content-Digest": digest} if known else {}))

    def do_DELETE(self):
        self.deleted.append(self.path.rpartition("/")[2])
        self.reply(202, b"")

    def reply(self, status, body, **headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def registry(tmp_path):
    """Return a registry's store, and what it answers from."""
    answers = type("Answers", (Registry,), {"tags": {"one": "sha256:1", "two": "sha256:2"}, "deleted": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), answers)
    address = f"127.0.0.1:{server.server_port}"
    folder = tmp_path / address
    folder.mkdir()
    authority = certificates.new_authority("test", 30)
    pair = certificates.new_server(authority, ["127.0.0.1"], 30)
    key = certificates.new_key()
    signed = certificates.sign_client(authority, certificates.new_request(key, "host"), "host", 30)
    parts = {"ca.crt": authority.certificate, "client.key": key, "client.cert": signed}
    parts |= {"server.key": pair.key, "server.crt": pair.certificate}
    for name, text in parts.items():
        (folder / name).write_bytes(text)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.crt"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Store(FakeEngine(), tmp_path, address, "festival-registry"), answers
    server.shutdown()
    server.server_close()


def test_what_is_not_kept_is_deleted(registry):
    held, answers = registry
    assert held.clear(REPOSITORY, {f"{held.address}/{REPOSITORY}:two"}, False) == [f"{held.address}/{REPOSITORY}:one"]
    assert answers.deleted == ["sha256:1"]
    assert held.clear(REPOSITORY, {f"{held.address}/{REPOSITORY}@sha256:2"}, False) == []


def test_a_check_run_deletes_nothing(registry):
    held, answers = registry
    assert len(held.clear(REPOSITORY, set(), True)) == 2
    assert answers.deleted == []


def test_a_repository_that_it_does_not_know(registry):
    held, answers = registry
    answers.tags = {}
    assert held.clear(REPOSITORY, set(), False) == []


def test_no_answer_says_whose(tmp_path, registry):
    held, _answers = registry
    nobody = Store(FakeEngine(), held.certificates.parent, held.address, "festival-registry")
    nobody.address = "127.0.0.1:9"
    with pytest.raises(FestivalError, match=r"The registry at 127.0.0.1:9 does not answer: .*playbooks/images.yml"):
        nobody.tags(REPOSITORY)


def test_garbage_collection_that_fails_is_told():
    client = FakeEngine(exec_start=b"no such file", exec_inspect={"ExitCode": 2})
    with pytest.raises(FestivalError, match="garbage collection ended with 2: no such file"):
        Store(client, store.LOCKS, "10.218.0.2:5000", "festival-registry").collect()
    client.answers["exec_inspect"] = {"ExitCode": 0}
    Store(client, store.LOCKS, "10.218.0.2:5000", "festival-registry").collect()


def test_who_clears_it_waits_for_those_who_push(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LOCKS", tmp_path)
    cleared = threading.Event()

    def clear():
        with pushing("10.218.0.2:5000", alone=True):
            cleared.set()

    with pushing("10.218.0.2:5000"), pushing("10.218.0.2:5000"):
        waiting = threading.Thread(target=clear)
        waiting.start()
        assert not cleared.wait(0.3)
    assert cleared.wait(5)
    waiting.join()
