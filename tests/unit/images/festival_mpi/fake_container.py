"""festival_mpi in what stands for a container: ``fake_container.py agent`` or ``launch SCRIPT ARGUMENT...``.

FAKE_MACHINE is the folder of conftest.py's machine, FAKE_SLOTS the ranks of one container and FAKE_SILENCE the seconds after which the
other side is lost.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from festival_mpi import container, link

MACHINE = Path(os.environ["FAKE_MACHINE"])


def be_container(number: int) -> Path:
    """Have the package find what this container has; return its home."""
    link.TOKEN = MACHINE / "token"
    link.SILENCE = float(os.environ["FAKE_SILENCE"])
    address = f"127.0.0.{number + 1}"
    container.own_address = lambda: address
    container.environment = lambda: {"FESTIVAL_HOST": f"host{number}", "OF_CONTAINER": "c", "OF_BOTH": "c"}
    socket.gethostname = lambda: f"container{number}"
    return MACHINE / "containers" / address


def be_agent() -> int:
    """Run a rank's agent in its container."""
    from festival_mpi.agent import agent

    home = be_container(int(os.environ["OMPI_COMM_WORLD_RANK"]) // int(os.environ["FAKE_SLOTS"]))
    process = agent.Process
    agent.Process = lambda command, folder, environment: process(command, str(home / Path(folder).name), environment)
    return agent.main()


def be_launcher(arguments: list[str]) -> int:
    """Run the launcher, which waits for nobody who is not there."""
    from festival_mpi import pool
    from festival_mpi.launcher import job, mpirun

    be_container(0)
    mpirun.COMMAND = str(MACHINE / "bin" / "mpirun")
    job.RECOVERY = pool.COMPLETE = 0
    script, *words = arguments
    return job.main(script, words)


if __name__ == "__main__":
    sys.exit(be_agent() if sys.argv[1] == "agent" else be_launcher(sys.argv[2:]))
