from __future__ import annotations

DOCUMENTATION = r"""
module: job_info
short_description: Report the jobs of a manager
version_added: 0.1.0
description:
  - Runs on the manager that holds the jobs' folders and returns what they are, how they stand and how far their tasks are.
  - Changes nothing, and may be asked at any time.
extends_documentation_fragment: alparque.festival.engine
options:
  id:
    description: Ids of jobs. Empty for all. An id that is not known is not in the answer.
    type: list
    elements: str
    default: []
  last:
    description: Without O(id), so many of the latest jobs; 0 is all. Every one's events are read.
    type: int
    default: 20
  data_dir:
    description: Folder on the manager that holds the jobs' folders.
    type: path
    default: /var/lib/festival
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
seealso:
  - module: alparque.festival.job
  - module: alparque.festival.cluster_info
"""

EXAMPLES = r"""
- name: Learn what runs
  alparque.festival.job_info:
    last: 0
  register: festival_jobs

- name: See that nothing runs
  ansible.builtin.assert:
    that: festival_jobs.jobs | selectattr('state', '==', 'running') | length == 0
"""

RETURN = r"""
waiting:
  description: Jobs that wait for a pool, in the order of their turns.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: The job's id., type: str}
    pool: {description: The pool that it waits for., type: str}
    place: {description: "Its place in that pool's line, from 1 on.", type: int}
    user: {description: Who runs it., type: str}
    controller: {description: From which machine., type: str}
    priority: {description: Its priority., type: int}
    arrived: {description: "When it came, seconds since 1970.", type: float}
    seen: {description: When its controller was last heard of; after a minute without it has no place any more., type: float}
jobs:
  description: The jobs, the latest first.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: The job's id., type: str, sample: reference-3f9a6c21b07d}
    state: {description: "V(running), V(finished), V(failed), V(stopped), or V(unknown) where its folder cannot be read.", type: str}
    script: {description: Its script., type: str}
    arguments: {description: The script's arguments., type: list, elements: str}
    engine: {description: "How its tasks travel; V(mpi) has ranks instead.", type: str}
    backend: {description: What runs its master., type: str}
    pool: {description: The pool that it has., type: str}
    image: {description: Image of its master., type: str}
    user: {description: Who ran it., type: str}
    controller: {description: From which machine., type: str}
    started: {description: "When it was started, ISO 8601.", type: str}
    finished: {description: "When its end was noticed, ISO 8601; null while it runs.", type: str}
    seconds: {description: From its start to its end or to now., type: float}
    exit_code: {description: R's exit code; null while it runs or where there was none., type: int}
    cause: {description: The engine's words on a master that ended without an exit code or waits for its start., type: str}
    tasks_done: {description: "Tasks whose results the master has; of V(mpi), ranks of the last run that ended well.", type: int}
    tasks_total:
      description: Tasks of the calls so far; null where a call did not say, as parallel's own. Of V(mpi), ranks of the last run.
      type: int
    tasks_failed: {description: "Tasks that gave an error; of V(mpi), ranks of all runs that ended badly.", type: int}
    workers: {description: Workers or ranks that there are now; of an ended job the most that there were., type: int}
    losses: {description: "Workers that were lost; of V(mpi), ranks that were lost with their container.", type: int}
    retries: {description: Messages of tasks that were handed to another worker., type: int}
    restarts: {description: How often its master was started again., type: int}
    ranks_per_host: {description: "Ranks of the last run by host; empty but with V(mpi).", type: dict, sample: {mana: 6}}
    left_out:
      description:
        What its script left and did not come home, as C(name), in which all but plain text is escaped, and C(why); the first hundred.
      type: list
      elements: dict
    events_unread:
      description: Bytes of its events that were too many to be read; the figures are those of the rest.
      type: int
    cpu_seconds: {description: "CPU time of all ranks that ended well; null but with V(mpi).", type: float}
"""

from ansible_collections.alparque.festival.plugins.module_utils.backends.table import Clients
from ansible_collections.alparque.festival.plugins.module_utils.frame import define_module, run
from ansible_collections.alparque.festival.plugins.module_utils.jobs.info import converge

OPTIONS = {
    "id": {"type": "list", "elements": "str", "default": []},
    "last": {"type": "int", "default": 20},
    "data_dir": {"type": "path", "default": "/var/lib/festival"},
}


def main() -> None:
    run(define_module(OPTIONS), converge, only_asks=True, connected=Clients)


if __name__ == "__main__":
    main()
