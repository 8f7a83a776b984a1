from __future__ import annotations

DOCUMENTATION = r"""
module: job_master
short_description: Start, watch or stop the master of a job on the manager
version_added: 0.1.0
description:
  - The manager's half of M(alparque.festival.job), which most users want instead.
  - The master runs detached from the ssh session. A call returns when the script has ended or after O(wait) seconds;
    calling again goes on watching. A finished job is not run again unless O(force) is set, a failed one is.
extends_documentation_fragment: alparque.festival.engine
attributes:
  diff_mode:
    description: A job has no state to compare.
    support: none
options:
  id:
    description: The job's id.
    type: str
    required: true
  state:
    description: C(absent) stops a running master. Its folder is kept.
    type: str
    choices: [present, absent]
    default: present
  inputs:
    description: Tar archive on the manager with the script and its files. Without it a job is watched but not started.
    type: path
  force:
    description: Run the job again even where it is finished or running.
    type: bool
    default: false
  wait:
    description: Seconds to wait for the end of the script.
    type: int
    default: 15
  backend:
    description: What runs the master.
    type: str
    choices: [swarm, docker]
    default: swarm
  engine:
    description: How tasks travel to the workers; only recorded.
    type: str
    default: ssh
  image:
    description: Master image.
    type: str
    required: true
  name:
    description: Name of the master's service or container.
    type: str
    required: true
  hostname:
    description: Host name in the master. Default is the job's id.
    type: str
  command:
    description: Script, by its name in the archive, and its arguments.
    type: list
    elements: str
    required: true
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
    description: Pool whose workers the script gets (backend C(swarm)). Empty for none.
    type: str
    default: ""
  workers:
    description: Names of the worker containers that the script gets (backend C(docker)).
    type: list
    elements: str
    default: []
  slots:
    description: R workers in each of O(workers).
    type: int
    default: 1
  address:
    description: Address of the master in O(network) (backend C(docker)).
    type: str
  limit_cpus:
    description: Cores that the master may use at most.
    type: float
  limit_memory:
    description: Memory that the master may use at most, such as C(2G).
    type: str
  secrets:
    description: Swarm secrets that the master mounts (backend C(swarm)).
    type: list
    elements: dict
    default: []
    suboptions: &file
      name:
        description: Name in the swarm.
        type: str
        required: true
      target:
        description: File in the container.
        type: str
        required: true
      uid:
        description: Id of the file's owner.
        type: int
        required: true
  configs:
    description: Swarm configs that the master mounts (backend C(swarm)).
    type: list
    elements: dict
    default: []
    suboptions: *file
  key_files:
    description: Files of the host that the master mounts (backend C(docker)).
    type: list
    elements: dict
    default: []
    suboptions:
      source:
        description: File on the host.
        type: path
        required: true
      target:
        description: File in the container.
        type: str
        required: true
"""

EXAMPLES = r"""
- name: Go on watching a job for a minute
  alparque.festival.job_master:
    id: reference-3f9a6c21b07d
    name: festival-job-reference-3f9a6c21b07d
    image: 10.213.0.2:5000/festival/master@sha256:9f2b...
    command: [reference.R]
    wait: 60
"""

RETURN = r"""
job:
  description: The job as the manager knows it; besides these, what its C(job.json) says.
  returned: success
  type: dict
  contains:
    state:
      description: C(none), C(running), C(finished) or C(failed).
      type: str
    exit_code:
      description: R's exit code; null where the master ended without one.
      type: int
    cause:
      description: The engine's words where the master could not start, or ended without an exit code.
      type: str
    log:
      description: The end of what R printed, 20,000 characters at most.
      type: str
    archive:
      description: Tar archive on the manager with the results, once the script has ended.
      type: str
"""

from ansible_collections.alparque.festival.plugins.module_utils.engine import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import converge


def _files(first: str, last: str | None = None) -> dict:
    options = {first: {"type": "path" if first == "source" else "str", "required": True}}
    options["target"] = {"type": "str", "required": True}
    if last:
        options[last] = {"type": "int", "required": True}
    return {"type": "list", "elements": "dict", "default": [], "options": options}


OPTIONS = {
    "id": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "inputs": {"type": "path"},
    "force": {"type": "bool", "default": False},
    "wait": {"type": "int", "default": 15},
    "backend": {"type": "str", "choices": ["swarm", "docker"], "default": "swarm"},
    "engine": {"type": "str", "default": "ssh"},
    "image": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "hostname": {"type": "str"},
    "command": {"type": "list", "elements": "str", "required": True},
    "env": {"type": "dict", "default": {}},
    "output": {"type": "str", "default": "output"},
    "data_dir": {"type": "path", "default": "/var/lib/festival"},
    "uid": {"type": "int", "default": 2000},
    "owner": {"type": "int", "default": 0},
    "network": {"type": "str", "default": ""},
    "pool": {"type": "str", "default": ""},
    "workers": {"type": "list", "elements": "str", "default": []},
    "slots": {"type": "int", "default": 1},
    "address": {"type": "str"},
    "limit_cpus": {"type": "float"},
    "limit_memory": {"type": "str"},
    # Names and places, not the secrets themselves.
    "secrets": {**_files("name", "uid"), "no_log": False},
    "configs": _files("name", "uid"),
    "key_files": {**_files("source"), "no_log": False},
}


def main() -> None:
    run(define_module(OPTIONS), converge)


if __name__ == "__main__":
    main()
