"""key_exchange against a real sshd on loopback, with a user that exists for these tests only."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust.key_exchange import converge
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")
pytestmark = pytest.mark.skipif(os.geteuid() != 0 or SSHD is None, reason="needs root and sshd")
USER, PASSWORD = f"festival-{os.getpid()}", "correct horse battery staple"


def sh(*command, **more):
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True, **more).stdout.strip()


@pytest.fixture(scope="module")
def user():
    """Yield the home of a user with a password."""
    sh("useradd", "--create-home", "--shell", "/bin/sh", "--password", sh("openssl", "passwd", "-6", PASSWORD), USER)
    yield Path(f"~{USER}").expanduser()
    # sshd may be at its last breath for this user.
    wait_until(
        lambda: subprocess.run(["userdel", "--remove", USER], check=False, capture_output=True),
        lambda d: d.returncode == 0,
        5,
    )


@pytest.fixture(scope="module")
def host_keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sshd")
    for kind in ("ed25519", "rsa"):
        sh("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", folder / kind)
    separation = Path("/run/sshd")
    ours = not separation.exists()
    separation.mkdir(exist_ok=True)
    yield folder
    if ours:
        separation.rmdir()


@pytest.fixture
def sshd(user, host_keys):
    """Return a function that starts an sshd and returns its port. The user's home is fresh."""
    with contextlib.ExitStack() as stack:
        fresh_home(user)

        def start(*options, keys=("ed25519", "rsa")):
            port = free_port()
            settings = ["UsePAM no", "PidFile none", "KbdInteractiveAuthentication no", f"AllowUsers {USER}"]
            command = [SSHD, "-D", "-e", "-f", "/dev/null", "-p", str(port)]
            for setting in (*options, *settings):  # sshd takes the first word on each matter
                command += ["-o", setting]
            for key in keys:
                command += ["-h", str(host_keys / key)]
            daemon = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
            stack.callback(daemon.terminate)
            assert wait_until(lambda: listens(port), bool, 5)[0]
            return port

        yield start


def fresh_home(home):
    shutil.rmtree(home / ".ssh", ignore_errors=True)
    shutil.chown(home, USER, USER)
    home.chmod(0o700)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    return False


@pytest.fixture
def exchange(tmp_path):
    def run(port, check=False, **params):
        default = {"host": "127.0.0.1", "port": port, "user": USER, "password": PASSWORD, "timeout": 5}
        default |= {"private_key": tmp_path / "ssh" / "key", "known_hosts": tmp_path / "ssh" / "known_hosts"}
        return converge({**default, "host_key": "accept_new", **params}, check)

    run.folder = tmp_path / "ssh"
    return run


def ssh(folder, port, host="127.0.0.1"):
    """Log in as Ansible will: no password, no prompt, the host key known."""
    options = [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        f"UserKnownHostsFile={folder}/known_hosts",
        "IdentityAgent=none",
    ]
    arguments = [word for option in options for word in ("-o", option)]
    return sh("ssh", "-F", "/dev/null", *arguments, "-i", folder / "key", "-p", port, f"{USER}@{host}", "whoami")


def fingerprint(path):
    return sh("ssh-keygen", "-lf", path).split()[1]


def refused(match, run, *arguments, **params):
    """Expect an error that names the host, and that nothing was kept on the controller but its own key."""
    with pytest.raises(FestivalError, match=rf"^Host .*{match}.* Next: ") as error:
        run(*arguments, **params)
    assert PASSWORD not in str(error.value)
    assert not (run.folder / "known_hosts").exists()


def test_lets_the_controller_in_once(sshd, exchange, user, host_keys):
    port = sshd()
    first = exchange(port)
    assert (first["changed"], first["installed"], first["recorded"]) == (True, True, True)
    assert first["host_key"] == f"ssh-ed25519 {fingerprint(host_keys / 'ed25519.pub')}"
    assert ssh(exchange.folder, port) == USER
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in [user / ".ssh", *(user / ".ssh").iterdir()]}
    assert modes == {".ssh": "0o700", "authorized_keys": "0o600"}
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in exchange.folder.iterdir()}
    assert modes == {"key": "0o600", "key.pub": "0o644", "known_hosts": "0o600"}
    # The password is not used any more: a wrong one, or none, makes no difference.
    for password in ("wrong", None):
        again = exchange(port, password=password)
        assert (again["changed"], again["installed"], again["recorded"]) == (False, False, False)
    assert len((user / ".ssh" / "authorized_keys").read_text().splitlines()) == 1


def test_check_mode_changes_nothing(sshd, exchange, user):
    port = sshd()
    would = exchange(port, check=True)
    assert would["installed"] and would["recorded"] and "host key: unknown" in would["diff"]["before"]
    assert not exchange.folder.exists() and not (user / ".ssh").exists()
    refused("refuses the password", exchange, port, check=True, password="wrong")
    exchange(port)
    assert not exchange(port, check=True)["changed"]


def test_other_keys_stay_and_modes_are_corrected(sshd, exchange, user):
    folder = user / ".ssh"
    folder.mkdir(mode=0o777)
    (folder / "authorized_keys").write_text("# a line that ends without a newline")
    (folder / "authorized_keys").chmod(0o666)
    for path in (folder, folder / "authorized_keys"):
        shutil.chown(path, USER, USER)
    port = sshd()
    exchange(port)
    lines = (folder / "authorized_keys").read_text().splitlines()
    assert lines[0] == "# a line that ends without a newline" and len(lines) == 2
    assert ssh(exchange.folder, port) == USER


def test_a_key_that_works_already_only_records_the_host(sshd, exchange):
    port = sshd()
    exchange(port)
    (exchange.folder / "known_hosts").unlink()
    result = exchange(port, password=None)
    assert (result["changed"], result["installed"], result["recorded"]) == (True, False, True)


def test_keyboard_interactive_is_a_password_too(sshd, exchange):
    if not Path("/etc/pam.d/sshd").exists():
        pytest.skip("no PAM service for sshd")
    port = sshd("UsePAM yes", "PasswordAuthentication no", "KbdInteractiveAuthentication yes")
    refused("refuses the password", exchange, port, password="wrong")
    assert exchange(port)["installed"]


def test_the_expected_fingerprint_is_taken(sshd, exchange, host_keys):
    assert exchange(sshd(), host_key=fingerprint(host_keys / "ed25519.pub"))["recorded"]


def test_another_fingerprint_is_an_error_before_the_password(sshd, exchange, user):
    refused("shows the host key ssh-ed25519 SHA256:.* and SHA256:x is expected", exchange, sshd(), host_key="SHA256:x")
    assert not (user / ".ssh").exists()


def test_a_changed_host_key_is_an_error_before_the_password(sshd, exchange, user, tmp_path):
    port = sshd()
    sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other")
    exchange.folder.mkdir()
    line = f"[127.0.0.1]:{port} {(tmp_path / 'other.pub').read_text()}"
    (exchange.folder / "known_hosts").write_text(line)
    with pytest.raises(
        FestivalError, match=r"set up anew, or somebody stands between.*ssh-keygen -R '\[127.0.0.1\]:"
    ) as error:
        exchange(port)
    assert fingerprint(tmp_path / "other.pub") in str(error.value)
    assert (exchange.folder / "known_hosts").read_text() == line and not (user / ".ssh").exists()


def test_the_known_type_of_host_key_is_asked_for(sshd, exchange, host_keys):
    port = sshd()
    exchange.folder.mkdir()
    known = exchange.folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {(host_keys / 'rsa.pub').read_text()}")
    sh("ssh-keygen", "-H", "-f", known)
    result = exchange(port)
    assert result["host_key"].startswith("ssh-rsa") and not result["recorded"]
    assert ssh(exchange.folder, port) == USER


def test_many_hosts_at_once_share_one_new_key(sshd, exchange, user):
    port = sshd("MaxStartups 100")
    hosts = [f"127.0.0.{number}" for number in range(2, 10)]
    with ThreadPoolExecutor(len(hosts)) as pool:
        results = list(pool.map(lambda host: exchange(port, host=host), hosts))
    assert all(result["recorded"] for result in results)
    assert len((exchange.folder / "known_hosts").read_text().splitlines()) == len(hosts)
    assert len(set((user / ".ssh" / "authorized_keys").read_text().splitlines())) == 1
    assert {ssh(exchange.folder, port, host) for host in hosts} == {USER}


@pytest.mark.parametrize(
    ("options", "params", "match"),
    [
        ([], {"password": "wrong"}, "refuses the password"),
        ([], {"password": None}, "no password is given"),
        ([], {"user": "nobody-here"}, "user nobody-here.* refuses the password"),
        (["PasswordAuthentication no"], {}, "takes no passwords .only publickey."),
        (["PubkeyAuthentication no"], {}, "still does not take it"),
        (["AuthenticationMethods publickey,password"], {}, "takes no passwords .only publickey."),
    ],
)
def test_what_the_host_refuses(sshd, exchange, options, params, match):
    port = sshd(*options)
    with pytest.raises(FestivalError, match=rf"^Host 127.0.0.1 .*{match}.* Next: "):
        exchange(port, **params)


def test_a_home_that_is_not_writable(sshd, exchange, user):
    shutil.chown(user, "root", "root")
    user.chmod(0o755)
    refused(f"can't keep a key in the home of {USER}: mkdir: .*Permission denied", exchange, sshd())


def test_a_home_that_others_may_write_to(sshd, exchange, user):
    user.chmod(0o777)
    with pytest.raises(FestivalError, match="still does not take it.*a home that others may write to"):
        exchange(sshd())


def test_nobody_is_there(exchange):
    refused("refuses the connection", exchange, free_port())
    refused("is a name that nobody knows", exchange, 22, host="nobody.invalid")


def test_a_host_that_does_not_answer(exchange):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as stack:
        # Fill the queue, so that the kernel drops whoever comes next, as a firewall does.
        address = listener.getsockname()
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        refused("does not answer within 1 s", exchange, address[1], timeout=1)


def test_what_is_no_ssh_server(exchange):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        refused("broke off: .*banner", exchange, listener.getsockname()[1], timeout=1)


def test_a_private_key_with_a_passphrase(sshd, exchange):
    exchange.folder.mkdir()
    sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", exchange.folder / "key")
    refused("can't be shown the private key", exchange, sshd())
