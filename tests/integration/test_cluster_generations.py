"""Another package in the images: only what lies above it is built and brought to the hosts, and old generations go."""

from __future__ import annotations

import pytest
from real_hosts import Lab

pytestmark = [pytest.mark.upgrade, pytest.mark.soak]

#: Names of what the registry holds of the workers' images, and how much it holds in all.
TAGS = (
    "ls /var/lib/docker/volumes/festival-registry/_data/docker/registry/v2/repositories/festival/worker/_manifests/tags"
)
SIZE = "du -sm /var/lib/docker/volumes/festival-registry/_data | cut -f1"


def workers(cluster: Lab, host: str) -> list[str]:
    """Return the digests of the workers' images that a host has."""
    listed = cluster.host(host, "docker", "images", "--digests", "--format", "{{.Repository}} {{.Digest}}").split("\n")
    return sorted(
        {digest for name, _, digest in (line.partition(" ") for line in listed) if name.endswith("00/festival/worker")}
    )


def layers(cluster: Lab, digest: str) -> list[str]:
    """Return the layers of a workers' image, by their contents, the lowest first."""
    names = cluster.host("mana", "docker", "images", "--digests", "--format", "{{.Repository}}@{{.Digest}}").split()
    (name,) = [name for name in names if name.endswith(digest)]
    return cluster.host("mana", "docker", "inspect", name, "--format", '{{join .RootFS.Layers " "}}').split()


def test_one_more_package_and_back(cluster: Lab) -> None:
    """The image that ran is kept for a way back; told to keep one generation only, hosts and registry have the space again."""
    (before,) = workers(cluster, "mana")
    size = int(cluster.host(cluster.manager, "sh", "-c", SIZE))
    more = cluster.play("festival", "--tags", "images,workers", images_r_packages=["zoo"])
    print(f"one more package: {more.seconds:.0f} s")
    assert all(more.changed[host] for host in cluster.hosts)
    (after,) = set(workers(cluster, "mana")) - {before}
    old, new = layers(cluster, before), layers(cluster, after)
    shared = [a for a, b in zip(old, new, strict=False) if a == b]
    assert old[: len(shared)] == shared and len(new) == len(old) + 1
    # The system with R, and Open MPI with the compilers: nearly all of it.
    assert len(shared) == 6
    assert len(cluster.host(cluster.manager, "sh", "-c", TAGS).split()) == 2

    back = cluster.play("festival", "--tags", "images,workers", images_keep=1)
    assert all(back.changed[host] for host in cluster.hosts)
    assert {host: workers(cluster, host) for host in cluster.hosts} == dict.fromkeys(cluster.hosts, [before])
    assert len(cluster.host(cluster.manager, "sh", "-c", TAGS).split()) == 1
    assert int(cluster.host(cluster.manager, "sh", "-c", SIZE)) <= size + 1
    assert not any(cluster.play("festival", "--tags", "images,workers", images_keep=1).changed.values())
