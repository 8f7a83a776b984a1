"""Leave the swarm with an engine that is kept from telling the others in time, as a busy host keeps it.

It logs "Could not close DB: timeout waiting for leave broadcast", and holds port 7946 from then on.
"""

import os
import signal
import subprocess
import time

engine = int(subprocess.check_output(["pidof", "dockerd"]).split()[0])
leave = subprocess.Popen(["docker", "swarm", "leave", "--force"])
while leave.poll() is None:
    # It has a second for the four messages that it sends one after the other.
    os.kill(engine, signal.SIGSTOP)
    time.sleep(1.2)
    os.kill(engine, signal.SIGCONT)
    time.sleep(0.1)
