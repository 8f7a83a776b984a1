"""A program of MPI's in what stands for a container: ``fake_container.py rank`` or ``launch SCRIPT ARGUMENT...``.

FAKE_MODULES has the images' modules, FAKE_MACHINE the folder of conftest.py's machine, FAKE_SLOTS the ranks of one container and
FAKE_SILENCE the seconds after which the other side is lost.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, os.environ["FAKE_MODULES"])
MACHINE = Path(os.environ["FAKE_MACHINE"])


def be_container(number: int) -> Path:
    """Have the modules find what this container has; return its home."""
    import pool
    import wire

    wire.TOKEN = MACHINE / "token"
    wire.SILENCE = float(os.environ["FAKE_SILENCE"])
    address = f"127.0.0.{number + 1}"
    pool.own_address = lambda: address
    pool.container_environment = lambda: {"FESTIVAL_HOST": f"host{number}", "OF_CONTAINER": "c", "OF_BOTH": "c"}
    socket.gethostname = lambda: f"container{number}"
    return MACHINE / "containers" / address


def be_rank() -> int:
    """Run a rank's agent in its container."""
    import rank

    home = be_container(int(os.environ["OMPI_COMM_WORLD_RANK"]) // int(os.environ["FAKE_SLOTS"]))
    program = rank.Program
    rank.Program = lambda command, folder, environment: program(command, str(home / Path(folder).name), environment)
    return rank.main()


def be_launcher(arguments: list[str]) -> int:
    """Run the launcher, which waits for nobody who is not there."""
    import launch
    import pool

    be_container(0)
    launch.MPIRUN = str(MACHINE / "bin" / "mpirun")
    launch.RECOVERY = pool.COMPLETE = 0
    return launch.main(arguments)


if __name__ == "__main__":
    sys.exit(be_rank() if sys.argv[1] == "rank" else be_launcher(sys.argv[2:]))
