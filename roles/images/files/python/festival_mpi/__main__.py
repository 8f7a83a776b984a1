"""The commands of MPI in the images: ``python3 -I -m festival_mpi COMMAND``.

launch SCRIPT ARGUMENT...  run the job, in its master
agent                      run the program as one rank, started by mpirun in a worker container
hostfile                   write the hostfile of the pool as it is now, in any container
pin                        have Open MPI use the pool's network and nothing else, in any container

-I, for the folder that it is started in is the job's: a signal.py there is not ours.
"""

from __future__ import annotations

import sys


def main(words: list[str]) -> int:
    """Run one command; each loads only what it needs, for there may be hundreds of ranks to a host."""
    match words:
        case ["launch", script, *arguments]:
            from festival_mpi.launcher import job

            return job.main(script, arguments)
        case ["agent"]:
            from festival_mpi.agent import agent

            return agent.main()
        case ["hostfile" | "pin" as command]:
            from festival_mpi import network, pool

            network.pin()
            return pool.refresh_hostfile() if command == "hostfile" else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
