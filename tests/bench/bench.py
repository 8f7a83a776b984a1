"""Measure the collection beside its peers on a lab of its own: `make bench`, docs/bench.md.

Words as arguments choose what is measured: what is said of it at its start has one of them in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from figures import BenchError, judged, mpi_events, mpirun_seconds, read_values, results_of, ring_rates, table

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
RESULTS = CHECKOUT / "results" / "bench.json"
#: Where the lab's inventory, the jobs' results and the playbooks' output are while it runs.
FOLDER = CHECKOUT / ".cache" / "bench"
LOG = FOLDER / "log.txt"
INVENTORY = FOLDER / "hosts.yml"
LAB = {"lab_name": "alparque-bench", "lab_subnet": "10.214.0.0/24", "lab_inventory": INVENTORY}
ROUNDS = 3
#: Small packages of Debian that the images do not have, one for each round.
PACKAGES = ("zoo", "gtools", "R6")
EMPTY = HERE / "empty.R"

#: The engines by which a script is run: ours and the peer's; or one where packages are as shipped, if the script has both sides
#: in itself.
BOTH, STOCK = ["socket", "ssh"], ["ssh"]

#: The pool of each measurement: containers, workers in each, and the scripts that are run on it.
POOLS = (
    (2, 1, ["tasks_empty", "tasks_sized", "vector"]),
    (2, 1, ["tasks_loopback"]),
    (5, 1, ["sleep"]),
    (4, 4, ["ready"]),
    (16, 4, ["ready"]),
)

#: What is said of a measurement at its start, and what does it.
Step = tuple[str, t.Callable[[], None]]


def say(text: str) -> None:
    """Tell where we are."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def play(*playbooks: Path | str, **variables: t.Any) -> tuple[float, int]:
    """Run playbooks, on the lab unless the first is the lab's own; return the seconds and how many tasks changed something."""
    inventory = "localhost," if variables.keys() >= LAB.keys() else INVENTORY
    given = json.dumps({"festival_results_dir": str(FOLDER / "results"), **variables}, default=str)
    start = time.monotonic()
    done = subprocess.run(
        ["ansible-playbook", "-i", inventory, *playbooks, "-e", given],
        cwd=CHECKOUT,
        env={**os.environ, "PWD": str(CHECKOUT), "ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - start
    with LOG.open("a", encoding="utf-8") as log:
        log.write(done.stdout)
    if done.returncode:
        raise BenchError(f"{playbooks[0]} failed:\n{done.stdout[-3000:]}")
    return seconds, sum(map(int, re.findall(r" changed=(\d+)", done.stdout)))


def note(side: str, name: str, value: float) -> None:
    """Write a value down where the jobs write theirs."""
    with (FOLDER / "results" / "runs.txt").open("a", encoding="utf-8") as runs:
        runs.write(f"{side} {name} {value}\n")


def deploy() -> None:
    """Raise the lab and make it a cluster with a finished job."""
    play("playbooks/lab.yml", **LAB)
    play("festival.yml", job_script=EMPTY)


def rerun() -> None:
    """Run festival.yml again where nothing is to be done, and beside it the plain playbook."""
    job = next((FOLDER / "results").glob("empty-*/job.json"))
    image = json.loads(job.read_text(encoding="utf-8"))["image"]
    play(HERE / "plain.yml", bench_image=image)
    for _ in range(ROUNDS):
        seconds, changed = play("festival.yml", job_script=EMPTY)
        if changed:
            raise BenchError(f"festival.yml changed something in {changed} tasks where nothing was to be done.")
        note("ours", "warm_rerun", seconds)
        note("peer", "warm_rerun", play(HERE / "plain.yml", bench_image=image)[0])


@contextlib.contextmanager
def changed_package() -> t.Iterator[None]:
    """Have another content of the R package, as another release of it has."""
    path = CHECKOUT / "roles" / "images" / "files" / "r" / "festival" / "R" / "zzz.R"
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}# changed at {time.time()}\n", encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def another_image() -> None:
    """Put another package into the images, then another content of ours, and beside it the same by hand."""
    job = next((FOLDER / "results").glob("empty-*/job.json"))
    image = json.loads(job.read_text(encoding="utf-8"))["image"]
    play(HERE / "plain.yml", bench_image=image)
    # The peer builds on the first of ours, so none of them goes.
    ours = {"job_script": EMPTY, "images_keep": 2 + len(PACKAGES) + ROUNDS}
    install = "RUN apt-get update && apt-get install -y --no-install-recommends r-cran-"
    for package in PACKAGES:
        note("ours", "add_package", play("festival.yml", **ours, images_r_packages=[package])[0])
        by_hand = {"bench_base": image, "bench_tag": package.lower(), "bench_step": install + package.lower()}
        note("peer", "add_package", play(HERE / "image.yml", **by_hand)[0])
    play("festival.yml", **ours)
    for turn in range(ROUNDS):
        with changed_package():
            note("ours", "change_festival", play("festival.yml", **ours)[0])
            step = "COPY festival /tmp/festival\nRUN R CMD INSTALL --no-docs /tmp/festival"
            by_hand = {"bench_base": image, "bench_tag": f"turn-{turn}", "bench_step": step}
            note("peer", "change_festival", play(HERE / "image.yml", **by_hand)[0])
    play("festival.yml", **ours)


def overhead() -> None:
    """Run an empty script as a job, and beside it by hand."""
    play(HERE / "overhead.yml", bench_runs=ROUNDS)


def on_pool(containers: int, slots: int, scripts: list[str]) -> None:
    """Bring the pool to a size and run scripts on it, by turns on ours and the peer's workers."""
    pool = {"workers_replicas": containers, "workers_slots": slots}
    engines = STOCK if "tasks_loopback" in scripts else BOTH
    given = {
        "bench_workers": f"{containers}x{slots}",
        "bench_scripts": scripts,
        "bench_runs": ROUNDS,
        "bench_engines": engines,
    }
    play("playbooks/workers.yml", HERE / "measure.yml", **pool, **given)


def mpi() -> None:
    """Run programs of MPI on a pool with room for 16 ranks on three hosts."""
    try:
        play("playbooks/workers.yml", HERE / "mpi.yml", workers_replicas=3, workers_slots=6, bench_runs=ROUNDS)
    finally:
        play("playbooks/workers.yml")
    for path in (FOLDER / "results").glob("start-*/events.jsonl"):
        note("ours", "mpi_start_16", mpirun_seconds(mpi_events(path.read_text(encoding="utf-8"), ranks=16, hosts=3)))
    for path in (FOLDER / "results").glob("ring-*/events.jsonl"):
        mpi_events(path.read_text(encoding="utf-8"), ranks=3, hosts=3)
        rates = ring_rates(path.with_name("output").joinpath("ring.csv").read_text(encoding="utf-8"))
        for side, rate in zip(("ours", "peer"), rates, strict=True):
            note(side, "mpi_ring_bandwidth", rate)


def steps_with(words: list[str]) -> list[Step]:
    """Return what is to be measured: all, or that of which a word is said."""
    steps: list[Step] = [
        ("warm_rerun: festival.yml again", rerun),
        ("add_package, change_festival: other images", another_image),
        ("job_overhead: an empty job", overhead),
        ("mpi_start_16, mpi_ring_bandwidth", mpi),
        *((f"{', '.join(of[2])} on {of[0]} × {of[1]} workers", lambda of=of: on_pool(*of)) for of in POOLS),
    ]
    return [step for step in steps if not words or any(word in step[0] for word in words)]


def measure_all(steps: list[Step]) -> bool:
    """Measure what can be measured, and tell what could not; return whether all could."""
    complete = True
    for what, step in steps:
        say(f"measuring {what}")
        try:
            step()
        except BenchError as error:
            say(str(error))
            complete = False
    return complete


def bench(steps: list[Step]) -> bool:
    """Raise the lab, measure, and remove it again, whatever happens; return whether all could be measured."""
    try:
        say(f"raising the lab and deploying to it (what the playbooks say is in {LOG})")
        deploy()
        return measure_all(steps)
    finally:
        if not os.environ.get("FESTIVAL_KEEP_LAB"):
            say("removing the lab")
            play("playbooks/lab.yml", **LAB, lab_state="absent")


def main(words: list[str]) -> int:
    """Return 0 if every figure that is wanted could be measured; with STRICT=1, also only if every bar was met."""
    steps = steps_with(words)
    if not steps:
        known = "; ".join(what for what, _ in steps_with([]))
        say(f"No measurement has any of these words: {', '.join(words)}. There are: {known}.")
        return 2
    shutil.rmtree(FOLDER / "results", ignore_errors=True)
    (FOLDER / "results").mkdir(parents=True)
    LOG.unlink(missing_ok=True)
    complete = False
    try:
        complete = bench(steps)
    except BenchError as error:
        say(str(error))
    values = read_values(path.read_text(encoding="utf-8") for path in (FOLDER / "results").rglob("runs.txt"))
    results = results_of(values)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"\n{table(results)}\n\n{RESULTS}")
    verdicts = judged(results).values()
    complete = complete and (bool(words) or "not measured" not in verdicts)
    return int(not complete or ("MISSED" in verdicts and os.environ.get("STRICT") == "1"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
