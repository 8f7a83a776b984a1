"""Authority and clients on real files, and a real TLS server that asks for certificates as a registry does."""

from __future__ import annotations

import http.server
import ssl
import threading
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils import files
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust import registry
from ansible_collections.alparque.festival.plugins.module_utils.trust.registry import (
    converge_authority,
    converge_client,
)


class Answer(http.server.BaseHTTPRequestHandler):
    status, recipe = 200, "r1"

    def do_GET(self):
        self.send_response(self.status if self.path == "/v2/" else 404)
        self.send_header(registry.RECIPE, self.recipe)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    """Start servers with the certificate of the folder they are given; yield the function that does."""
    started = []

    def serve(tls: Path, port: int = 0, **answer) -> str:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls / "ca.crt")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(tls / "server.crt", tls / "server.key")
        listener = http.server.ThreadingHTTPServer(("127.0.0.1", port), type("Answer", (Answer,), answer))
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
        threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        started.append(listener)
        return f"127.0.0.1:{listener.server_port}"

    yield serve
    for listener in started:
        listener.shutdown()
        listener.server_close()


def authority(tmp_path, check=False, **params):
    default = {"directory": tmp_path / "tls", "addresses": ["127.0.0.1"], "requests": {}, "days": 365}
    return converge_authority({**default, **params}, check)


def client(tmp_path, address, check=False, **params):
    default = {"directory": tmp_path / "certs.d", "address": address, "name": "mana", "recipe": "r1", "timeout": 1}
    return converge_client({**default, "ca": None, "certificate": None, **params}, check)


def let_in(tmp_path, address, **params):
    """Do what the role does: ask, sign, install."""
    signed = authority(tmp_path, requests={"mana": client(tmp_path, address)["csr"]}, **params)
    return client(tmp_path, address, certificate=signed["certificates"]["mana"], ca=signed["ca"])


def names(folder):
    return {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}


def test_authority_is_made_once(tmp_path):
    assert authority(tmp_path, check=True)["changed"]
    assert not (tmp_path / "tls").exists()
    first = authority(tmp_path)
    again = authority(tmp_path)
    assert (first["changed"], again["changed"]) == (True, False)
    assert (first["ca"], first["fingerprint"]) == (again["ca"], again["fingerprint"])
    assert names(tmp_path / "tls") == {
        "ca.key": "0o600",
        "ca.crt": "0o644",
        "server.key": "0o600",
        "server.crt": "0o644",
    }


def test_another_address_renews_the_server_only(tmp_path):
    first = authority(tmp_path)
    moved = authority(tmp_path, addresses=["10.213.0.2"])
    assert moved["changed"] and moved["ca"] == first["ca"] and moved["fingerprint"] != first["fingerprint"]
    assert "server: is not for 10.213.0.2" in moved["diff"]["before"]


def test_a_server_certificate_that_ends_soon_is_renewed(tmp_path):
    authority(tmp_path, days=20)
    assert authority(tmp_path)["changed"]
    assert not authority(tmp_path)["changed"]


def test_a_damaged_authority_is_made_anew(tmp_path):
    first = authority(tmp_path)
    (tmp_path / "tls" / "ca.key").write_text("damaged")
    assert authority(tmp_path)["ca"] != first["ca"]
    assert not authority(tmp_path)["changed"]


def test_a_host_is_let_in_and_stays_in(tmp_path, server):
    authority(tmp_path)
    address = server(tmp_path / "tls")
    asked = client(tmp_path, address)
    assert asked["changed"] and not asked["served"] and "PRIVATE" not in str(asked)
    assert let_in(tmp_path, address) == {"changed": True, "served": True, "reason": None, "csr": None}
    kept = client(tmp_path, address)
    assert (kept["changed"], kept["served"], kept["reason"]) == (False, True, None)
    modes = {"client.key": "0o600", "client.cert": "0o644", "ca.crt": "0o644"}
    assert names(tmp_path / "certs.d" / address) == modes


def test_check_mode_changes_nothing(tmp_path, server):
    assert client(tmp_path, "127.0.0.1:1", check=True)["changed"]
    assert client(tmp_path, "127.0.0.1:1", check=True, ca="x", certificate="y")["changed"]
    assert not (tmp_path / "certs.d").exists()


def test_a_registry_that_is_only_set_up_anew_keeps_the_certificates(tmp_path, server):
    authority(tmp_path)
    address = server(tmp_path / "tls")
    let_in(tmp_path, address)
    before = files.read(tmp_path / "certs.d" / address / "client.cert")
    signed = authority(tmp_path, requests={"mana": client(tmp_path, address)["csr"]})
    assert not client(tmp_path, address, certificate=signed["certificates"]["mana"], ca=signed["ca"])["changed"]
    assert files.read(tmp_path / "certs.d" / address / "client.cert") == before


def test_a_host_of_another_authority_asks_again(tmp_path, server):
    authority(tmp_path)
    let_in(tmp_path, address := server(tmp_path / "tls"))
    for path in (tmp_path / "tls").iterdir():
        path.unlink()
    authority(tmp_path)
    moved = server(tmp_path / "tls")
    (tmp_path / "certs.d" / address).rename(tmp_path / "certs.d" / moved)
    asked = client(tmp_path, moved)
    assert asked["csr"] and "CERTIFICATE_VERIFY_FAILED" in asked["reason"]
    assert let_in(tmp_path, moved)["served"]


def test_a_certificate_that_ends_soon_is_asked_for_again(tmp_path, server):
    authority(tmp_path)
    address = server(tmp_path / "tls")
    key = client(tmp_path, address)["csr"]
    short = authority(tmp_path, requests={"mana": key}, days=20)["certificates"]["mana"]
    with pytest.raises(FestivalError, match="ends in 19 days"):
        client(tmp_path, address, certificate=short, ca=authority(tmp_path)["ca"])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 503}, "it answers 503 Service Unavailable"),
        ({"recipe": "r2"}, "it was set up by another recipe"),
    ],
)
def test_what_the_registry_says_counts(tmp_path, server, answer, reason):
    authority(tmp_path)
    address = server(tmp_path / "tls", **answer)
    with pytest.raises(FestivalError, match=f"does not serve this host after 1 s: {reason}"):
        let_in(tmp_path, address)
    assert client(tmp_path, address)["reason"] == reason


def test_a_server_certificate_about_to_end_is_seen_from_every_host(tmp_path, server):
    authority(tmp_path, days=20)
    address = server(tmp_path / "tls")
    signed = authority(tmp_path, days=20)  # asked again: the manager renews, the running server has the old one yet
    assert signed["changed"]
    csr = client(tmp_path, address)["csr"]
    signed = authority(tmp_path, requests={"mana": csr})
    with pytest.raises(FestivalError, match="its certificate is about to end"):
        client(tmp_path, address, certificate=signed["certificates"]["mana"], ca=signed["ca"])


def test_nobody_listening_is_a_reason(tmp_path, server):
    with pytest.raises(FestivalError, match="does not answer .*Connection refused.*docker logs"):
        let_in(tmp_path, "127.0.0.1:1")


def test_installing_without_a_key_says_what_to_do(tmp_path):
    with pytest.raises(FestivalError, match="has no client.key: run registry_client without"):
        client(tmp_path, "127.0.0.1:1", ca="x", certificate="y")
