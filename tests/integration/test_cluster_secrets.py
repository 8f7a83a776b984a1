"""Nothing secret lies where it could be read: not in an image, a log, a diff, a result."""

from __future__ import annotations

import re
import subprocess
import tarfile
import typing as t
from pathlib import Path

import pytest
from read_secrets import secrets_in, tokens
from real_hosts import Lab

pytestmark = pytest.mark.cluster

#: GnuTLS tests itself with keys that are in its source, for everybody to read.
PUBLISHED = re.compile(r"/libgnutls\.so[.\d]*$")


def files_of(image: tarfile.TarFile) -> t.Iterator[tuple[str, bytes]]:
    """Yield every file in a stream of saved images, and every file of every layer."""
    for part in image:
        if not part.isfile():
            continue
        stream = image.extractfile(part)
        if part.name.endswith("layer.tar"):
            with tarfile.open(fileobj=stream, mode="r|") as layer:
                yield from ((f"{part.name}: {name}", data) for name, data in files_of(layer))
        else:
            yield part.name, stream.read()


def layers(cluster: Lab, *images: str) -> t.Iterator[tuple[str, bytes]]:
    """Yield all files of the images as the manager's engine saves them, what later layers hide included."""
    command = ["docker", "exec", cluster.container(cluster.manager), "docker", "save", *images]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as saved,
        tarfile.open(fileobj=saved.stdout, mode="r|") as image,
    ):
        yield from files_of(image)


PLANT = """
mkdir -p /srv/planted && cd /srv/planted && rm -f planted && ssh-keygen -q -t ed25519 -N '' -f planted && touch nothing
printf 'FROM scratch\nCOPY planted /\nCOPY nothing /planted\n' | docker build -q -t planted -f - .
"""


def test_a_key_in_an_image_would_be_found(cluster: Lab) -> None:
    """Also one that a later layer hides."""
    cluster.host(cluster.manager, "sh", "-ec", PLANT)
    try:
        assert any(name.endswith("planted") and secrets_in(data) for name, data in layers(cluster, "planted"))
    finally:
        cluster.host(cluster.manager, "docker", "rmi", "planted")


def test_no_image_has_a_secret(cluster: Lab) -> None:
    images = set(cluster.host(cluster.manager, "docker", "images", "-q").split())
    assert len(images) >= 5
    secret = tokens(cluster)
    found = [name for name, data in layers(cluster, *images) if secrets_in(data, secret)]
    assert [name for name in found if not PUBLISHED.search(name)] == []


def test_no_log_and_no_result_has_a_secret(cluster: Lab) -> None:
    """What hosts, containers and jobs have logged so far, and what came home."""
    secret = tokens(cluster)
    collect = "journalctl --no-pager; cat /var/lib/docker/containers/*/*-json.log; cat /var/log/*.log 2>/dev/null; true"
    logs = {host: cluster.host(host, "sh", "-c", collect).encode() for host in cluster.hosts}
    assert all(len(log) > 1000 for log in logs.values())
    results = {str(path): path.read_bytes() for path in cluster.results.rglob("*") if path.is_file()}
    assert results
    assert [name for name, data in {**logs, **results}.items() if secrets_in(data, secret)] == []


def test_rotation_says_no_secret(cluster: Lab, tmp_path: Path) -> None:
    """New keys are made while Ansible says all that it can say."""
    stages = ["--tags", "trust,workers"]
    talk = cluster.play("festival", *stages, "-vvv", "--diff", festival_trust_version=2)
    assert "version 2: whole" in talk.output
    assert secrets_in(talk.output.encode(), tokens(cluster)) == []
    held = cluster.host(cluster.manager, "docker", "secret", "ls", "--format", "{{.Name}}").split()
    assert sorted(held) == ["festival-host-key-v2", "festival-pool-token-v2", "festival-ssh-key-v2"]
    script = tmp_path / "rotated.R"
    script.write_text(
        'library(snow)\nhosts <- strsplit(Sys.getenv("FESTIVAL_HOSTS"), " ")[[1]]\n'
        'cluster <- makeCluster(hosts, type = "SOCK")\ncat("workers:", length(cluster), "\\n")\nstopCluster(cluster)\n',
        encoding="utf-8",
    )
    assert "workers: 3" in cluster.play("job", job_script=str(script), festival_trust_version=2).output
    cluster.play("festival", *stages)
    held = cluster.host(cluster.manager, "docker", "secret", "ls", "--format", "{{.Name}}").split()
    assert sorted(held) == ["festival-host-key-v1", "festival-pool-token-v1", "festival-ssh-key-v1"]


def test_keys_on_disk_are_their_owners(cluster: Lab) -> None:
    """On the hosts themselves the private halves of certificates are for root alone."""
    find = "grep -rlE 'BEGIN .*PRIVATE KEY' /etc/docker /var/lib/festival 2>/dev/null | xargs -r stat -c '%a %n'"
    listed = {host: cluster.host(host, "sh", "-c", find).splitlines() for host in cluster.hosts}
    assert all(listed.values())
    assert [line for lines in listed.values() for line in lines if not re.match(r"[46]00 ", line)] == []
