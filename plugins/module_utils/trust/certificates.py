"""X.509 for one private registry: an authority, its certificates, and what is wrong with one. PEM in, PEM out."""

from __future__ import annotations

import datetime as dt
import ipaddress
import traceback
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    MISSING = None
except ImportError:
    MISSING = traceback.format_exc()

#: Days before the end in which a certificate is renewed.
RENEW = 30
#: Hosts' clocks differ; what is signed now must be valid on a host that is behind.
SKEW = dt.timedelta(days=1)


class Pair(t.NamedTuple):
    """A private key and its certificate."""

    key: bytes
    certificate: bytes


def new_key() -> bytes:
    """Return a new P-256 key, which every TLS library takes."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def new_authority(name: str, days: int) -> Pair:
    """Return an authority that may sign certificates of servers and clients, and no further authorities."""
    pem = new_key()
    key = serialization.load_pem_private_key(pem, None)
    builder = _builder(name, key.public_key(), _name(name), days).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    return Pair(pem, _pem(builder.sign(key, hashes.SHA256())))


def new_request(key: bytes, name: str) -> bytes:
    """Return a signing request, which holds the public key only."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(name))
    return builder.sign(serialization.load_pem_private_key(key, None), hashes.SHA256()).public_bytes(
        serialization.Encoding.PEM
    )


def sign_client(authority: Pair, request: bytes, name: str, days: int) -> bytes:
    """Return a client's certificate. The name is ours: what the request asks for besides its key is ignored."""
    try:
        csr = x509.load_pem_x509_csr(request)
    except ValueError as error:
        raise FestivalError(
            f"The signing request of {name} is not one ({error}): run registry_client there."
        ) from error
    if not csr.is_signature_valid:
        raise FestivalError(f"The signing request of {name} is not signed by its own key: run registry_client there.")
    return _leaf(authority, csr.public_key(), name, days, ExtendedKeyUsageOID.CLIENT_AUTH, [])


def new_server(authority: Pair, addresses: list[str], days: int) -> Pair:
    """Return key and certificate of a server that is reached at ``addresses`` (names or IP addresses)."""
    pem = new_key()
    public_key = serialization.load_pem_private_key(pem, None).public_key()
    return Pair(pem, _leaf(authority, public_key, addresses[0], days, ExtendedKeyUsageOID.SERVER_AUTH, addresses))


def flaw(pair: Pair, authority: bytes, addresses: t.Collection[str] = ()) -> str | None:
    """Say why the certificate must be made anew, or return None where it serves."""
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate)
        key = serialization.load_pem_private_key(pair.key, None)
        issuer = x509.load_pem_x509_certificate(authority)
    except (ValueError, TypeError) as error:
        return f"is not readable ({error})"
    if not all(isinstance(holder.public_key(), ec.EllipticCurvePublicKey) for holder in (certificate, key, issuer)):
        return "is not of the kind that this collection makes"
    if certificate.public_key().public_numbers() != key.public_key().public_numbers():
        return "does not belong to the key beside it"
    try:
        issuer.public_key().verify(
            certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(certificate.signature_hash_algorithm)
        )
    except InvalidSignature:
        return "is not of the present authority"
    if set(addresses) - set(_addresses(certificate)):
        return f"is not for {', '.join(addresses)}"
    if (days := days_left(certificate)) < RENEW:
        return f"ends in {days} days"
    return None


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 fingerprint of a certificate."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()


def days_left(certificate: x509.Certificate) -> int:
    """Return how many days the certificate is still valid."""
    # Debian 12's cryptography (38) has only the naive form, newer ones warn about it.
    end = getattr(certificate, "not_valid_after_utc", None)
    end = end or certificate.not_valid_after.replace(tzinfo=dt.timezone.utc)
    return (end - dt.datetime.now(dt.timezone.utc)).days


def _leaf(
    authority: Pair, public_key: t.Any, name: str, days: int, use: x509.ObjectIdentifier, addresses: list[str]
) -> bytes:
    signer = serialization.load_pem_private_key(authority.key, None)
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    builder = _builder(name, public_key, issuer.subject, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
    )
    if addresses:
        names = x509.SubjectAlternativeName([_general_name(address) for address in addresses])
        builder = builder.add_extension(names, critical=False)
    return _pem(builder.sign(signer, hashes.SHA256()))


def _builder(name: str, public_key: t.Any, issuer: x509.Name, days: int) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _name(name: str) -> x509.Name:
    # A common name holds 64 characters at most; the start of a longer host name says enough.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _usage(**used: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    names += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: used.get(name, False) for name in names})


def _general_name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _addresses(certificate: x509.Certificate) -> list[str]:
    values = [extension.value for extension in certificate.extensions]
    return [str(name.value) for value in values if isinstance(value, x509.SubjectAlternativeName) for name in value]


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
