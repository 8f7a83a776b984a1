"""An mpirun for one machine: it starts ranks, and ends all when one ended wrongly, with the words of Open MPI 5.0.7.

FAKE_MISSING are ranks that it does not start, FAKE_DELAY the seconds after which it notices a wrong end, and FAKE_BLAMES the rank that
it takes for wrong in any case, followed by what that rank did. FAKE_LOSES is the address of a host that it loses, and its ranks, when
there is a file called lost.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

BLAME = """\
--------------------------------------------------------------------------
prterun has exited due to process rank {} with PID 12187 on node container1 {}. This may have caused other processes in the
application to be terminated by signals sent by prterun (as reported here).
--------------------------------------------------------------------------
\0"""


LOST = """\
--------------------------------------------------------------------------
PRTE has lost communication with a remote daemon.

  HNP daemon   : [prterun-container0-48@0,0] on node container0
  Remote daemon: [prterun-container0-48@0,1] on node {}
--------------------------------------------------------------------------
"""


def start(number: int) -> subprocess.Popen:
    """Start a rank."""
    command = [sys.executable, str(Path(__file__).with_name("fake_container.py")), "agent"]
    return subprocess.Popen(command, env={**os.environ, "OMPI_COMM_WORLD_RANK": str(number)})


def end(ranks: dict[int, subprocess.Popen]) -> None:
    """End all ranks, as Open MPI does."""
    for number in (signal.SIGCONT, signal.SIGTERM):
        for rank in ranks.values():
            rank.send_signal(number)
    until = time.monotonic() + 3
    while any(rank.poll() is None for rank in ranks.values()) and time.monotonic() < until:
        time.sleep(0.02)
    for rank in ranks.values():
        rank.kill()
        rank.wait()


def lose(ranks: dict[int, subprocess.Popen], address: str, lost: list[int]) -> int:
    """Have lost a host, whose ranks hear of nothing more; return the exit code."""
    end({number: rank for number, rank in ranks.items() if number not in lost})
    time.sleep(1)
    print(LOST.format(address), flush=True)
    time.sleep(1)
    for number in lost:
        ranks[number].kill()
        ranks[number].wait()
    return 1


def follow(ranks: dict[int, subprocess.Popen], blamed: int, did: str) -> int:
    """Wait for all ranks, or for one that ended wrongly; return the exit code."""
    address, *lost = os.environ.get("FAKE_LOSES", "none").split()
    while True:
        if lost and (Path(os.environ["FAKE_MACHINE"]) / "lost").exists():
            return lose(ranks, address, [int(number) for number in lost])
        codes = {number: rank.poll() for number, rank in ranks.items()}
        wrong = [number for number, code in codes.items() if code or (code == 0 and number == blamed)]
        if wrong:
            time.sleep(float(os.environ.get("FAKE_DELAY", "0")))
            end(ranks)
            if blamed in wrong:
                print(BLAME.format(blamed, did), flush=True)
            code = codes[wrong[0]]
            return 128 - code if code < 0 else code or 1
        if all(code == 0 for code in codes.values()):
            return 0
        time.sleep(0.02)


def main(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print("mpirun (Open MPI) 5.0.7\n\nReport bugs to https://www.open-mpi.org/community/help/")
        return 0
    print("plm:ssh: Warning: setpgid(4711,4711) failed in parent", flush=True)
    name, _, value = arguments[arguments.index("-x") + 1].partition("=")
    os.environ[name] = value
    missing = os.environ.get("FAKE_MISSING", "").split()
    blamed, _, did = os.environ.get("FAKE_BLAMES", "-1").partition(" ")
    wanted = range(int(arguments[arguments.index("-np") + 1]))
    code = follow({number: start(number) for number in wanted if str(number) not in missing}, int(blamed), did)
    if missing and not code:
        signal.pause()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
