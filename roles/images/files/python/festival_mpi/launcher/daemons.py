"""Open MPI's daemons, one of each run in each container: they end when mpirun does, or are ended.

Seen under load: after a rank was killed or called MPI_Abort, one stayed, and waited for nobody.
"""

from __future__ import annotations

import socket

#: Tenths of a second in which they end by themselves, and tidy up behind them.
GRACE = 30


def end(mpirun: int) -> str:
    """Return the shell command that ends what a container has left of the run of the process ``mpirun`` of this container.

    Each daemon has the run's name among its arguments: prterun-HOST-PROCESS@0. The brackets keep the command from finding itself.
    """
    name = f"[p]rterun-{socket.gethostname().partition('.')[0]}[^@]*-{mpirun}@"
    return f"""
left() {{ grep -lsa '{name}' /proc/[0-9]*/cmdline; }}
for tenth in $(seq {GRACE}); do [ -n "$(left)" ] || break; sleep 0.1; done
for found in $(left); do found=${{found#/proc/}}; kill -9 "${{found%/cmdline}}"; done"""
