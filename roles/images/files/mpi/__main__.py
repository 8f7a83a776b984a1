"""The commands of MPI in the images: ``python3 /usr/local/lib/festival-mpi COMMAND ARGUMENT...``.

launch SCRIPT ARGUMENT...  run the job, in its master
rank                       be one rank of it, started by mpirun in a worker container
hostfile                   write the hostfile of the pool as it is now, in any container
pin                        have Open MPI use the pool's network and nothing else, in any container
"""

from __future__ import annotations

import sys


def main() -> int:
    """Run one command; each loads only what it needs, for there may be hundreds of ranks to a host."""
    command, *arguments = sys.argv[1:] or [""]
    if command == "launch":
        import launch

        return launch.main(arguments)
    if command == "rank":
        import rank

        return rank.main()
    if command in ("hostfile", "pin"):
        import pool

        return pool.main(command)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
