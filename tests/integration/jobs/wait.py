"""Ranks of MPI that write a file each, and wait for one another. Usage: wait.py SECONDS"""

import os
import sys
import time
from pathlib import Path

from mpi4py import MPI

world = MPI.COMM_WORLD
Path(os.environ["FESTIVAL_OUTPUT"], f"rank-{world.rank}.txt").write_text(f"{world.size}\n", encoding="utf-8")
print(f"rank {world.rank} waits", flush=True)
time.sleep(float(sys.argv[1]))
world.Barrier()
if world.rank == 0:
    print("all went on")
