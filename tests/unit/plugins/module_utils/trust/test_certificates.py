from __future__ import annotations

import subprocess

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust import certificates
from ansible_collections.alparque.festival.plugins.module_utils.trust.certificates import Pair


@pytest.fixture(scope="module")
def authority():
    return certificates.new_authority("Registry 10.213.0.2", 7300)


def client(authority, days=365, name="mana"):
    key = certificates.new_key()
    return Pair(key, certificates.sign_client(authority, certificates.new_request(key, name), name, days))


def test_openssl_takes_both_certificates(authority, tmp_path):
    server = certificates.new_server(authority, ["10.213.0.2", "duarte.example"], 365)
    (tmp_path / "ca.crt").write_bytes(authority.certificate)
    for use, pair, more in (
        ("sslserver", server, ["-verify_ip", "10.213.0.2", "-verify_hostname", "duarte.example"]),
        ("sslclient", client(authority), []),
    ):
        (tmp_path / "leaf.crt").write_bytes(pair.certificate)
        command = ["openssl", "verify", "-x509_strict", "-purpose", use, *more, "-CAfile", "ca.crt", "leaf.crt"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_client_certificate_is_none_of_a_server(authority, tmp_path):
    (tmp_path / "ca.crt").write_bytes(authority.certificate)
    (tmp_path / "leaf.crt").write_bytes(client(authority).certificate)
    command = ["openssl", "verify", "-purpose", "sslserver", "-CAfile", "ca.crt", "leaf.crt"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_a_good_certificate_has_no_flaw(authority):
    assert certificates.flaw(client(authority), authority.certificate) is None
    assert certificates.flaw(authority, authority.certificate) is None
    server = certificates.new_server(authority, ["10.213.0.2", "duarte"], 365)
    assert certificates.flaw(server, authority.certificate, ["duarte"]) is None


def test_each_flaw_is_named(authority):
    good, ending = client(authority), client(authority, days=29)
    other = certificates.new_authority("Other", 7300)
    assert certificates.flaw(good, other.certificate) == "is not of the present authority"
    assert certificates.flaw(ending, authority.certificate) == "ends in 28 days"
    mixed = Pair(certificates.new_key(), good.certificate)
    assert certificates.flaw(mixed, authority.certificate) == "does not belong to the key beside it"
    assert certificates.flaw(Pair(b"", b""), authority.certificate).startswith("is not readable")
    server = certificates.new_server(authority, ["10.213.0.2"], 365)
    assert certificates.flaw(server, authority.certificate, ["10.213.0.3"]) == "is not for 10.213.0.3"


def test_the_thirtieth_day_is_still_good(authority):
    assert certificates.flaw(client(authority, days=31), authority.certificate) is None


def test_a_broken_request_names_its_host(authority):
    with pytest.raises(FestivalError, match="request of mana is not one"):
        certificates.sign_client(authority, b"nonsense", "mana", 365)


def test_a_long_host_name_fits(authority):
    assert client(authority, name="m" * 200)
