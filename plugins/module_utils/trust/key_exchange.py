"""Let the controller into a host that so far takes only a password: key there, host key here, then a proof."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import socket
import tempfile
import traceback
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils import files
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust import keys

try:
    import paramiko

    MISSING = None
    # Without a handler, Python prints paramiko's tracebacks where Ansible expects a module's answer.
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
except ImportError:
    MISSING = traceback.format_exc()

#: Adds the line on its standard input to the user's authorized_keys, with the modes that sshd insists on.
INSTALL = """
umask 077
cd && mkdir -p .ssh && chmod 700 .ssh && cd .ssh && touch authorized_keys && chmod 600 authorized_keys || exit 1
read -r line
grep -qxF -e "$line" authorized_keys && exit 0
test -z "$(tail -c 1 authorized_keys)" || echo >> authorized_keys || exit 1
echo "$line" >> authorized_keys || exit 1
if command -v restorecon > /dev/null; then restorecon -F . authorized_keys; fi
"""


class Exchange:
    """One host, seen from the controller."""

    def __init__(self, params: dict[str, t.Any]) -> None:
        self.host, self.port, self.user = params["host"], params["port"], params["user"]
        self.password, self.timeout = params["password"], params["timeout"]
        self.private_key = Path(params["private_key"])
        self.known_hosts = Path(params["known_hosts"])
        self.expected = params["host_key"]
        #: How known_hosts calls it.
        self.name = self.host if self.port == 22 else f"[{self.host}]:{self.port}"

    def converge(self, check: bool) -> dict:
        """Have key login with a known host key; use the password only where it does not work yet."""
        made = not check and make_key(self.private_key)
        key = self._key()
        with self._session() as session:
            host_key = session.get_remote_server_key()
            to_install = not (key and self._takes(session, key))
            if to_install:
                self._log_in(session)
                if not check:
                    self._install(session, key)
        to_record = self._known() is None
        if to_record and not check:
            self._record(host_key)
        if (to_install or to_record) and not check:
            self._prove(key)
        wanted = {"key": to_install, "host key": to_record}
        return {
            "changed": made or to_install or to_record,
            "installed": to_install,
            "recorded": to_record,
            "host_key": f"{host_key.get_name()} {keys.fingerprint(_line(host_key))}",
            "diff": {
                "before": "".join(f"{what}: {'unknown' if new else 'known'}\n" for what, new in wanted.items()),
                "after": "".join(f"{what}: known\n" for what in wanted),
            },
        }

    def _key(self) -> paramiko.PKey | None:
        try:
            return paramiko.PKey.from_path(self.private_key)
        except FileNotFoundError:
            return None
        except (paramiko.SSHException, ValueError, TypeError, OSError) as error:
            raise self._error(
                f"can't be shown the private key {self.private_key} ({error})",
                "name another without a passphrase (ansible_ssh_private_key_file); one that is not there yet is made",
            ) from error

    def _known(self) -> dict[str, paramiko.PKey] | None:
        """Return the host's keys in known_hosts by type, or None where it has none."""
        known = paramiko.HostKeys()
        with contextlib.suppress(FileNotFoundError):
            known.load(str(self.known_hosts))
        return known.lookup(self.name)

    @contextlib.contextmanager
    def _session(self) -> t.Iterator[paramiko.Transport]:
        """Connect and check the host key, before anything is sent that the host could misuse."""
        session = paramiko.Transport(self._connect())
        try:
            session.banner_timeout = session.handshake_timeout = session.auth_timeout = self.timeout
            known = self._known()
            options = session.get_security_options()
            # A host has keys of several types: ask for the one that is known.
            options.key_types = sorted(options.key_types, key=lambda algorithm: _type(algorithm) not in (known or ()))
            session.start_client()
            self._check_host_key(session.get_remote_server_key(), known)
            yield session
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._error(
                f"broke off: {error or type(error).__name__}",
                "see whether that is an ssh server, and what its log says",
            ) from error
        finally:
            session.close()

    def _connect(self) -> socket.socket:
        try:
            return socket.create_connection((self.host, self.port), self.timeout)
        except socket.gaierror as error:
            raise self._error("is a name that nobody knows", "correct ansible_host") from error
        except socket.timeout as error:
            raise self._error(
                f"does not answer within {self.timeout} s", "see whether it is up and firewalls let ssh through"
            ) from error
        except ConnectionRefusedError as error:
            raise self._error(
                "refuses the connection", "see whether sshd runs there, and on this port (ansible_port)"
            ) from error
        except OSError as error:
            raise self._error(f"can't be reached: {error.strerror}", "check ansible_host and the network") from error

    def _check_host_key(self, shown: paramiko.PKey, known: dict[str, paramiko.PKey] | None) -> None:
        what = f"{shown.get_name()} {keys.fingerprint(_line(shown))}"
        if known is not None and known.get(shown.get_name()) != shown:
            kept = ", ".join(f"{kind} {keys.fingerprint(_line(key))}" for kind, key in known.items())
            raise self._error(
                f"shows a host key ({what}) that is not the one in {self.known_hosts} ({kept}): either it was set up anew, "
                "or somebody stands between",
                f"if you know that it was set up anew, run ssh-keygen -R {shlex.quote(self.name)} -f {self.known_hosts}",
            )
        if self.expected not in ("accept_new", keys.fingerprint(_line(shown))):
            raise self._error(
                f"shows the host key {what}, and {self.expected} is expected",
                "compare both with what ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub prints at its console",
            )

    def _takes(self, session: paramiko.Transport, key: paramiko.PKey) -> bool:
        try:
            more = session.auth_publickey(self.user, key)
        except paramiko.AuthenticationException:
            return False
        if more:
            raise self._error(f"wants {', '.join(more)} besides a key", "let keys alone suffice for this user")
        return True

    def _log_in(self, session: paramiko.Transport) -> None:
        if self.password is None:
            raise self._error(
                f"does not take {self.private_key}, and no password is given", "set key_exchange_password"
            )
        try:
            try:
                session.auth_password(self.user, self.password, fallback=False)
            except paramiko.BadAuthenticationType as offered:
                if "keyboard-interactive" not in offered.allowed_types:
                    raise self._error(
                        f"takes no passwords (only {', '.join(offered.allowed_types)})",
                        f"add the line in {self.private_key}.pub to ~{self.user}/.ssh/authorized_keys there by hand, or "
                        "set PasswordAuthentication yes in its sshd_config for this once",
                    ) from offered
                session.auth_interactive(self.user, lambda _title, _text, prompts: [self.password] * len(prompts))
        except paramiko.AuthenticationException as error:
            root = ", or let another user in: sshd often takes no password from root" if self.user == "root" else ""
            raise self._error("refuses the password", f"correct key_exchange_password or ansible_user{root}") from error

    def _install(self, session: paramiko.Transport, key: paramiko.PKey) -> None:
        channel = session.open_session(timeout=self.timeout)
        channel.settimeout(self.timeout)
        channel.set_combine_stderr(True)
        channel.exec_command(f"exec sh -c {shlex.quote(INSTALL)}")
        channel.sendall(f"{_line(key)}\n".encode())
        channel.shutdown_write()
        said = channel.makefile().read().decode(errors="replace").strip()
        if channel.recv_exit_status() != 0:
            raise self._error(
                f"can't keep a key in the home of {self.user}: {said or 'it does not say why'}",
                "let the user own and write its home, or make the disk writable and not full",
            )

    def _record(self, host_key: paramiko.PKey) -> None:
        """Append to known_hosts in one write, for many hosts' runs do it at once."""
        self.known_hosts.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = files.read(self.known_hosts) or b"\n"
        newline = "" if before.endswith(b"\n") else "\n"
        descriptor = os.open(self.known_hosts, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{newline}{self.name} {_line(host_key)}\n".encode())
        finally:
            os.close(descriptor)

    def _prove(self, key: paramiko.PKey) -> None:
        if self._known() is None:
            raise self._error(f"is not found in {self.known_hosts} although it was added", "check that file")
        with self._session() as session:
            if not self._takes(session, key):
                raise self._error(
                    f"has the key in ~{self.user}/.ssh/authorized_keys now and still does not take it",
                    "see its sshd's log: a home that others may write to, PubkeyAuthentication, AuthorizedKeysFile",
                )

    def _error(self, cause: str, step: str) -> FestivalError:
        return FestivalError(f"Host {self.host} (port {self.port}, user {self.user}) {cause}. Next: {step}.")


def make_key(path: Path) -> bool:
    """Make the controller's key pair where there is none; return whether this call made it."""
    if path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pair = keys.new_pair()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".festival-") as folder:
        draft = Path(folder) / "key"
        files.write(draft, pair.private.encode(), 0o600)
        try:
            # Of the runs for many hosts at once, one makes the key that all use; a link never replaces.
            os.link(draft, path)
        except FileExistsError:
            return False
    files.write(path.with_name(f"{path.name}.pub"), f"{pair.public}\n".encode(), 0o644)
    return True


def converge(params: dict[str, t.Any], check: bool) -> dict:
    """Exchange keys with one host."""
    return Exchange(params).converge(check)


def _line(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {key.get_base64()}"


def _type(algorithm: str) -> str:
    """Return the type of key that an algorithm signs with."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm
