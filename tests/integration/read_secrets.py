"""What of keys and tokens is in some data."""

from __future__ import annotations

import re
import typing as t

from real_hosts import Lab

PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----(\s|\\n)+\W?\s*[A-Za-z0-9+/=]{40}")


def secrets_in(data: bytes, tokens: t.Collection[bytes] = ()) -> list[bytes]:
    """Return what of a private key or a token is in the data."""
    return [hit[0][:60] for hit in PRIVATE_KEY.finditer(data)] + [token for token in tokens if token in data]


def tokens(cluster: Lab) -> list[bytes]:
    """Return the tokens that let hosts into the swarm, and a master into the pool."""
    read = ["docker", "swarm", "join-token", "-q"]
    joins = [cluster.host(cluster.manager, *read, role) for role in ("manager", "worker")]
    workers = {
        host: cluster.host(host, "docker", "ps", "-q", "--filter", "name=festival-pool") for host in cluster.hosts
    }
    host = next(host for host, found in workers.items() if found)
    pool = cluster.host(host, "docker", "exec", workers[host].split()[0], "cat", "/run/secrets/festival_token")
    assert len(pool.strip()) == 64
    return [token.strip().encode() for token in (*joins, pool)]
