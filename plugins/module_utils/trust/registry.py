"""Both ends of a registry that serves only clients with a certificate: the authority's host, and a client."""

from __future__ import annotations

import http.client
import ssl
import time
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils import files
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust import certificates
from ansible_collections.alparque.festival.plugins.module_utils.trust.certificates import Pair
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: The header in which the registry says by what recipe it was set up.
RECIPE = "X-Festival-Recipe"
#: The authority lives longer than what it signs.
AUTHORITY_DAYS = 7300


class Authority:
    """The authority and the server certificate of a registry, kept in one folder of the first manager."""

    def __init__(self, folder: Path, addresses: list[str], days: int) -> None:
        self.folder, self.addresses, self.days = folder, addresses, days

    def converge(self, requests: dict[str, str], check: bool) -> dict:
        """Have authority and server certificate, renew what must be, and sign the requests of clients."""
        authority = self._kept("ca")
        if was := "is not there yet" if authority is None else certificates.flaw(authority, authority.certificate):
            authority = certificates.new_authority(f"Registry {self.addresses[0]}", AUTHORITY_DAYS)
        server = self._kept("server")
        reason = (
            "is not there yet" if server is None else certificates.flaw(server, authority.certificate, self.addresses)
        )
        if reason:
            server = certificates.new_server(authority, self.addresses, self.days)
        changed = bool(was or reason)
        if changed and not check:
            self._keep("ca", authority)
            self._keep("server", server)
        signed = {
            name: certificates.sign_client(authority, request.encode(), name, self.days).decode()
            for name, request in requests.items()
        }
        return {
            "changed": changed,
            "ca": authority.certificate.decode(),
            "certificates": signed,
            "fingerprint": certificates.fingerprint(server.certificate),
            "diff": _difference({"authority": was, "server": reason}),
        }

    def _kept(self, name: str) -> Pair | None:
        key, certificate = files.read(self.folder / f"{name}.key"), files.read(self.folder / f"{name}.crt")
        return Pair(key, certificate) if key and certificate else None

    def _keep(self, name: str, pair: Pair) -> None:
        files.write(self.folder / f"{name}.key", pair.key, 0o600)
        files.write(self.folder / f"{name}.crt", pair.certificate, 0o644)


def secured(folder: Path, address: str) -> http.client.HTTPSConnection:
    """Return a connection to a registry, not opened yet, that shows the certificate in an engine's folder for it."""
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(folder / "client.cert", folder / "client.key")
    return http.client.HTTPSConnection(address, timeout=5, context=context)


class Client:
    """One host's access to the registry: what its engine reads below certs.d."""

    def __init__(self, folder: Path, address: str, recipe: str | None) -> None:
        self.address, self.recipe = address, recipe
        self.folder = folder / address

    def flaw(self) -> str | None:
        """Say why the registry does not serve this host, or return None where it does."""
        key, certificate, ca = (files.read(self.folder / name) for name in ("client.key", "client.cert", "ca.crt"))
        if not (key and certificate and ca):
            return "this host has no certificate for it yet"
        if found := certificates.flaw(Pair(key, certificate), ca):
            return f"this host's certificate {found}"
        return self._refusal()

    def request(self, name: str) -> tuple[bool, str]:
        """Return whether a key had to be made, and a signing request for it."""
        key = files.read(self.folder / "client.key")
        made = files.write(self.folder / "client.key", key or certificates.new_key(), 0o600)
        return made, certificates.new_request(files.read(self.folder / "client.key"), name).decode()

    def install(self, certificate: str, ca: str) -> bool:
        """Let the engine use certificate and authority; keep a present certificate that is still good."""
        key, present = files.read(self.folder / "client.key"), files.read(self.folder / "client.cert")
        if key is None:
            raise FestivalError(f"{self.folder} has no client.key: run registry_client without a certificate first.")
        changed = files.write(self.folder / "ca.crt", ca.encode(), 0o644)
        if present and not certificates.flaw(Pair(key, present), ca.encode()):
            return changed
        if found := certificates.flaw(Pair(key, certificate.encode()), ca.encode()):
            raise FestivalError(
                f"The certificate given for {self.address} {found}: ask registry_authority for another."
            )
        return files.write(self.folder / "client.cert", certificate.encode(), 0o644) or changed

    def wait(self, timeout: float) -> None:
        """Wait until the registry serves this host; raise where it does not in time."""
        served, found = wait_until(self.flaw, lambda found: found is None, timeout)
        if not served:
            raise FestivalError(
                f"The registry at {self.address} does not serve this host after {timeout} s: {found}. Is its port open "
                "between the hosts, and what does `docker logs` say of its container on the first manager?"
            )

    def _refusal(self) -> str | None:
        """Ask the registry itself: nothing but an answer proves that engine, certificates and firewall are right."""
        try:
            connection = secured(self.folder, self.address)
            connection.request("GET", "/v2/")
            ends = ssl.cert_time_to_seconds(connection.sock.getpeercert()["notAfter"])
            answer = connection.getresponse()
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            return f"it does not answer ({error})"
        if answer.status != 200:
            return f"it answers {answer.status} {answer.reason}"
        if self.recipe and answer.getheader(RECIPE) != self.recipe:
            return "it was set up by another recipe"
        if ends - time.time() < certificates.RENEW * 86400:
            return "its certificate is about to end"
        return None


def converge_authority(params: dict[str, t.Any], check: bool) -> dict:
    """Have authority and server certificate, and sign what the hosts ask for."""
    authority = Authority(Path(params["directory"]), params["addresses"], params["days"])
    return authority.converge(params["requests"], check)


def converge_client(params: dict[str, t.Any], check: bool) -> dict:
    """Say whether the registry serves this host; make a signing request, or install what is given and wait."""
    client = Client(Path(params["directory"]), params["address"], params["recipe"])
    if params["ca"] and not check:
        changed = client.install(params["certificate"], params["ca"])
        client.wait(params["timeout"])
        return {"changed": changed, "served": True, "reason": None, "csr": None}
    reason = client.flaw()
    made, csr = (bool(reason), None) if check else client.request(params["name"])
    diff = _difference({"registry": reason})
    return {"changed": made, "served": not reason, "reason": reason, "csr": csr, "diff": diff}


def _difference(reasons: dict[str, str | None]) -> dict:
    """Return Ansible's diff: what was wrong before, and that it is not any more."""
    return {
        "before": "".join(f"{name}: {reason or 'good'}\n" for name, reason in reasons.items()),
        "after": "".join(f"{name}: good\n" for name in reasons),
    }
