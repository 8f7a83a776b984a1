from __future__ import annotations

DOCUMENTATION = r"""
module: job_master
short_description: Start, watch or stop the master of a job on the manager
version_added: 0.1.0
description:
  - The manager's half of M(alparque.festival.job), which most users want instead.
  - The master runs detached from the ssh session. A call returns when the script has ended or after O(wait) seconds;
    calling again goes on watching. A finished job is not run again unless O(force) is set, a failed or stopped one is.
  - One job at a time has a pool. Others wait in line for it, in order of arrival, or are refused.
extends_documentation_fragment: alparque.festival.engine
attributes:
  diff_mode:
    description: A job has no state to compare.
    support: none
options:
  id:
    description: The job's id. To stop a job it may be left out; then it is the job that holds O(pool).
    type: str
    default: ""
  state:
    description: C(stopped) ends a running job. Its folder is kept.
    type: str
    choices: [present, stopped]
    default: present
  reason:
    description: Why, or by whom, it is stopped; recorded as the job's cause.
    type: str
    default: ""
  inputs:
    description: Tar archive on the manager with the script and its files. Without it a job is watched but not started.
    type: path
  force:
    description: Run the job again even where it is finished or running.
    type: bool
    default: false
  resume:
    description: Let a failed or stopped job that runs again find the results of its completed tasks. Not with O(force).
    type: bool
    default: true
  queue:
    description: Wait while another job holds the pool, instead of being refused.
    type: bool
    default: true
  priority:
    description:
      - A job of a higher number has its turn before those of a lower one that wait, too. One that runs is not stopped for it.
    type: int
    default: 0
  restarts:
    description: How often the engine starts a master again that died, as by a crash of its host. A script's own error is no such death.
    type: int
    default: 3
  forks:
    description: Whether C(mclapply()) and its kin say that forks stay on one machine, or use the pool's workers.
    type: str
    choices: [tell, pool]
    default: tell
  user:
    description: Who runs the job; only recorded.
    type: str
    default: ""
  controller:
    description: The machine from which; only recorded.
    type: str
    default: ""
  wait:
    description: Seconds to wait for the end of the script.
    type: int
    default: 15
  events_from:
    description: Offset in the event stream from which what is new is returned.
    type: int
    default: 0
  log_from:
    description: Offset in R's output from which what is new is returned. -1 is not at all.
    type: int
    default: -1
  backend:
    description: What runs the master.
    type: str
    default: swarm
  engine:
    description: How tasks travel to the workers. A job with C(none) holds no pool.
    type: str
    default: socket
  image:
    description: Master image. Needed with O(state=present).
    type: str
  prefix:
    description: Prefix of the cluster, with which the names of its masters begin.
    type: str
    default: festival
  hostname:
    description: Host name in the master, and with backend C(docker) its container's name. Default is the job's id.
    type: str
    default: ""
  command:
    description: Script, by its name in the archive, and its arguments. Needed with O(state=present).
    type: list
    elements: str
  env:
    description: Environment of the script.
    type: dict
    default: {}
  output:
    description: Folder, relative to the script's working directory, whose files are results.
    type: str
    default: output
  data_dir:
    description: Folder on the manager that holds the jobs' folders.
    type: path
    default: /var/lib/festival
  uid:
    description: Id of the images' user, who runs the script.
    type: int
    default: 2000
  owner:
    description: Id of the user who fetches the results.
    type: int
    default: 0
  network:
    description: Network of masters and workers. Empty for a master without workers.
    type: str
    default: ""
  pool:
    description: Pool that the job holds, and whose workers are the script's. Empty for none.
    type: str
    default: ""
  address:
    description: Address of the master in O(network), with backend C(docker). Empty for any.
    type: str
    default: ""
  limit_cpus:
    description: Cores that the master may use at most. 0 is no limit.
    type: float
    default: 0
  limit_memory:
    description: Memory that the master may use at most, such as C(2G). Empty is no limit.
    type: str
    default: ""
  output_limit:
    description:
      - What may lie in the job's folder, such as C(10G). 0 is no limit.
      - A job that writes more is ended. What it has written is kept, as far as it fits.
    type: str
    default: 10G
  keys:
    description: The cluster's keys and its pool's token, which the master mounts. Without it there are none.
    type: dict
    suboptions:
      version:
        description: Number of the set, see M(alparque.festival.cluster_keys).
        type: int
        required: true
      directory:
        description: Folder of the host where they are, with backend C(docker).
        type: path
        required: true
"""

EXAMPLES = r"""
- name: Go on watching a job for a minute
  alparque.festival.job_master:
    id: reference-3f9a6c21b07d
    image: 10.213.0.2:5000/festival/master@sha256:9f2b...
    command: [reference.R]
    wait: 60

- name: Stop the job that holds the pool
  alparque.festival.job_master:
    state: stopped
    pool: festival-pool
    reason: by ana@laptop, on request
"""

RETURN = r"""
job:
  description: The job as the manager knows it; besides these, what its C(job.json) says. Null where there was none to stop.
  returned: success
  type: dict
  contains:
    state:
      description: C(none), C(waiting), C(running), C(finished), C(failed) or C(stopped).
      type: str
    exit_code:
      description: R's exit code; null where the master ended without one.
      type: int
    cause:
      description: The engine's words where the master could not start, or ended without an exit code; why or by whom it was stopped.
      type: str
    waiting_for:
      description: The pool that this one waits for, by whom it is held, and who is before it in line.
      type: str
    place:
      description: Its place in line, of a job that waits; the first is 1.
      type: int
    seconds_to_wait:
      description: Roughly how long it will still wait; null where nothing is known of a job before it.
      type: float
    log:
      description: The end of what R printed, 20,000 characters at most.
      type: str
    archive:
      description: Tar archive on the manager with the results, once the script has ended.
      type: str
stream:
  description: What is new since O(events_from) and O(log_from), at most 256 kB of each in one call.
  returned: with O(state=present), unless the job waits
  type: dict
  contains:
    missing:
      description: Which workers of its pool the master did not reach when it was young, and on which hosts; empty for none.
      type: str
    events:
      description: Whole lines of the event stream.
      type: str
    events_from:
      description: Where to go on reading them.
      type: int
    log:
      description: Whole lines of R's output.
      type: str
    log_from:
      description: Where to go on reading it.
      type: int
    elapsed:
      description: Seconds since the job was started.
      type: float
    now:
      description: The manager's clock, in seconds since the epoch, as in the events.
      type: float
"""

from ansible_collections.alparque.festival.plugins.module_utils.backends.table import connect
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.jobs.lifecycle import converge
from ansible_collections.alparque.festival.plugins.module_utils.jobs.options import argument_spec

OPTIONS = argument_spec("manager")


def main() -> None:
    needed = ["id", "image", "command"]
    run(define_module(OPTIONS, required_if=[("state", "present", needed)]), converge, connected=connect)


if __name__ == "__main__":
    main()
