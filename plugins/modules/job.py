from __future__ import annotations

DOCUMENTATION = r"""
module: job
short_description: Run an R script or an MPI program on the pool as a task
version_added: 0.1.0
description:
  - Brings a script and its files to the manager, runs it there in a master container that finds the pool's workers, waits,
    and brings the results home to O(results_dir)C(/<job id>/) with a manifest in the format of sha256sum(1), verified.
  - A job's id is the script's name and 12 hex digits of the SHA-256 of script, files, arguments, environment, output,
    engine and image.
    A finished job returns its stored results, a running one is watched on, a failed or stopped one runs again.
  - While it runs, its progress is shown as a bar on a terminal, and elsewhere as a line now and then.
  - The master runs detached; a controller that goes away loses nothing.
  - A pool has one job at a time. Another one waits for it or is refused, see M(alparque.festival.job_master).
  - The script runs in a folder with O(files) beside it. It finds the workers' addresses in E(FESTIVAL_HOSTS), one for each R worker,
    separated by spaces, and the folder for its results in E(FESTIVAL_OUTPUT).
  - Every option that is not listed here goes to M(alparque.festival.job_master) as it is.
options:
  script:
    description: R script on the controller; with engine C(mpi) also a C, C++, Fortran or Python source, or a program.
    type: path
    required: true
  arguments:
    description: Its command-line arguments.
    type: list
    elements: str
    default: []
  files:
    description:
      - Files, folders and patterns such as C(data/*.csv) on the controller. They lie beside the script under their own names, in the
        working directory of each worker, too.
    type: list
    elements: path
    default: []
  output:
    description: Folder, relative to the script's, whose files are brought home as C(output/).
    type: str
    default: output
  timeout:
    description: Seconds after which the job is stopped and the task fails. 0 is never.
    type: int
    default: 0
  force:
    description: Run the job again even where it is finished or running.
    type: bool
    default: false
  stream:
    description: Print what R prints as it comes, and not at the end.
    type: bool
    default: false
  mpi:
    description: How C(mpirun) runs the program, with engine C(mpi).
    type: dict
    default: {}
    suboptions:
      ranks:
        description: Number of ranks. 0 is one for each slot of the pool.
        type: int
        default: 0
      map_by:
        description: Where they are put, as C(--map-by) of mpirun. Empty fills one container after the other.
        type: str
        default: ""
      options:
        description: More options of mpirun, each word an item.
        type: list
        elements: str
        default: []
      flags:
        description: What the compiler is given after the source.
        type: list
        elements: str
        default: [-O2, -lm]
      r:
        description:
          - Whether an R script runs in every rank (V(spmd)) or in rank 0 with the others as snow's workers.
          - V(auto) looks at the script.
        type: str
        choices: [auto, spmd, snow]
        default: auto
      restarts:
        description: How often the program is run again after a rank was killed or lost.
        type: int
        default: 0
  installed:
    description:
      - What the image's label C(festival.r-packages) says of R and its packages, see M(alparque.festival.images). What the script asks for
        and is not there is then told before anything is started.
    type: str
    default: ""
  results_dir:
    description: Folder on the controller for the results of all jobs.
    type: path
    required: true
  image:
    description: Master image, best by digest.
    type: str
    required: true
author:
  - The alparque.festival authors (@alparque)
attributes:
  check_mode:
    description: Says whether the job would run, and under which id.
    support: full
  diff_mode:
    description: A job has no state to compare.
    support: none
  idempotent:
    description: The same inputs are the same job, which runs once.
    support: full
seealso:
  - module: alparque.festival.job_master
"""

EXAMPLES = r"""
- name: Run an analysis on the pool
  alparque.festival.job:
    script: analysis.R
    arguments: [--samples, "1000"]
    files: [data.csv]
    results_dir: results
    image: "{{ master_image }}"
    network: festival
    pool: festival-pool

- name: Run a C program with ten ranks
  alparque.festival.job:
    script: trapezoid.c
    engine: mpi
    mpi: {ranks: 10, map_by: node, flags: [-O2, -lm]}
    results_dir: results
    image: "{{ master_image }}"
    network: festival
    pool: festival-pool
"""

RETURN = r"""
job:
  description: What the job's C(job.json) says.
  returned: success
  type: dict
  contains:
    id:
      description: The job's id.
      type: str
      sample: reference-3f9a6c21b07d
    state:
      description: C(finished); in check mode C(none) where it would run.
      type: str
    exit_code:
      description: R's exit code.
      type: int
    started:
      description: When it was started, ISO 8601.
      type: str
    finished:
      description: When the script ended, ISO 8601.
      type: str
    seconds:
      description: From its start to its end.
      type: float
    attempts:
      description: How often the engine started its master.
      type: int
    user:
      description: Who ran it.
      type: str
    controller:
      description: The machine from which.
      type: str
    left_out:
      description:
        - What did not come home since it is no plain file, as C(name), in which all but plain text is escaped, and C(why);
          the first hundred. The task warns of it, too.
      type: list
      elements: dict
    left_out_count:
      description: How much that is in all.
      type: int
    hosts:
      description: Hosts of the workers that joined.
      type: list
      elements: str
    workers:
      description: How many workers joined.
      type: int
    r:
      description: Version of R.
      type: str
    packages:
      description: Version of each package that the script had loaded.
      type: dict
    image:
      description: Image of its master.
      type: str
results:
  description:
    - Folder on the controller with C(log.txt), C(job.json), the script, C(output/), C(report.html) and C(manifest.sha256);
      and, where R left them, C(events.jsonl), C(session.json), C(value.rds) and C(workers/), what each worker printed.
  returned: when the job was run or had been, also where it failed
  type: str
report:
  description: The job's report in that folder. Empty where it could not be drawn.
  returned: when the job was run or had been, also where it failed
  type: str
stdout:
  description: The end of what R printed, 20,000 characters at most. The whole is in C(log.txt).
  returned: success
  type: str
stdout_lines:
  description: The same by lines.
  returned: success
  type: list
  elements: str
"""
# The work is done by plugins/action/job.py on the controller and by job_master on the manager.
