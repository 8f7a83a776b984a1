"""The port at which engines tell each other of containers, and another program that has it."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
import typing as t

from real_hosts import Lab
from running_job import JOBS

PORT = "7946"


@contextlib.contextmanager
def held(cluster: Lab, host: str) -> t.Iterator[None]:
    """Have another program hold the port of the gossip on a host."""
    cluster.give(host, JOBS / "hold.py", "/srv/hold.py")
    holder = subprocess.Popen(["docker", "exec", cluster.container(host), "python3", "/srv/hold.py", PORT])
    try:
        wait(lambda: PORT in listeners(cluster, host), 10, "the port is held")
        yield
    finally:
        cluster.host(
            host, "sh", "-c", "for p in $(pidof python3); do grep -q hold.py /proc/$p/cmdline && kill $p; done; :"
        )
        holder.wait(10)


def listeners(cluster: Lab, host: str) -> str:
    """Return the numbers of the ports at which a host listens by TCP."""
    table = cluster.host(host, "cat", "/proc/net/tcp6")
    return " ".join(str(int(port, 16)) for port in re.findall(r": \w+:(\w+) \w+:\w+ 0A ", table))


def wait(reached: t.Callable[[], t.Any], seconds: float, what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"after {seconds} s it does not hold that {what}"
        time.sleep(1)
