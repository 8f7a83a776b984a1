"""A job's files, there and back: where the script finds them its tasks do, and what either writes comes home."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from real_hosts import Lab
from running_job import JOBS
from series import Job, launch

pytestmark = pytest.mark.cluster

HELPER = "slope <- function(trees) unname(coef(lm(height ~ girth, trees))[2])\n"
TREES = "girth,height\n" + "".join(f"{8 + k * 0.7:.1f},{60 + k * 7 % 23}\n" for k in range(31))
SPY = """
cluster <- parallel::makeCluster(3)
found <- parallel::clusterCall(cluster, function() {
  c(setdiff(dir(), "output"), system("find / -xdev -name 'trees.csv*' 2>/dev/null", intern = TRUE))
})
cat("found:", unlist(found), "\\n")
"""


def boot(folder: Path, engine: str) -> dict[str, t.Any]:
    """Return what the bootstrap is run with, in a folder of a user's."""
    for name, text in {"R/helper.R": HELPER, "data/trees.csv": TREES, "notes.txt": "nobody's\n"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    script = folder / f"boot-{engine}.R"
    script.write_text((JOBS / "boot.R").read_text(encoding="utf-8"), encoding="utf-8")
    files = [str(folder / "R"), str(folder / "dat*")]
    return {"job_script": str(script), "job_files": files, "festival_engine": engine}


def jobs(cluster: Lab, folder: Path, engines: list[str]) -> list[Job]:
    """Run the bootstrap with each engine, and then a script that looks for what was left of it."""
    (folder / "spy.R").write_text(SPY, encoding="utf-8")
    asked = [*(boot(folder, engine) for engine in engines), {"job_script": str(folder / "spy.R")}]
    # Other tests count the results of the hosts.
    here = {"job_force": True, "festival_results_dir": str(folder / "results")}
    return launch(cluster, folder, *({**job, **here} for job in asked))


def same(alone: Job, *others: Job) -> None:
    """See that tasks had the same files on workers as on one machine, and the same values come of them."""
    values = alone.log.splitlines()[:30]
    assert all(value.startswith(("0x", "-0x")) for value in values)
    for job in others:
        assert job.log.splitlines()[:30] == values
        # With the engine socket a task has a folder for output as well.
        assert job.log.splitlines()[30].replace(" output", "") == f"files: {job.facts['script']} data R "


def test_tasks_find_the_files_with_every_engine(cluster: Lab, tmp_path: Path) -> None:
    alone, socket, ssh, spy = jobs(cluster, tmp_path, ["none", "socket", "ssh"])
    same(alone, socket, ssh)
    assert {event["host"] for event in socket.events if event["event"] == "join"} == {
        host.replace("_", "-") for host in cluster.hosts
    }
    assert spy.log.split() == ["found:"]


def test_tasks_find_the_files_on_one_host(one_host: Lab, tmp_path: Path) -> None:
    same(*jobs(one_host, tmp_path, ["none", "socket"])[:2])


def test_what_tasks_write_is_there_for_the_script_and_comes_home(cluster: Lab, tmp_path: Path) -> None:
    asked = []
    for engine in ("none", "socket"):
        script = tmp_path / f"plots-{engine}.R"
        script.write_text((JOBS / "plots.R").read_text(encoding="utf-8"), encoding="utf-8")
        (tmp_path / "data.csv").write_text("x\n1\n", encoding="utf-8")
        asked.append({"job_script": str(script), "job_files": [str(tmp_path / "data.csv")], "festival_engine": engine})
    here = {"job_force": True, "festival_results_dir": str(tmp_path / "results")}
    alone, pool = launch(cluster, tmp_path, *({**job, **here} for job in asked))
    assert not alone.failed and not pool.failed, pool.said
    fits, plots = [f"fits/{count}.rds" for count in (4, 6, 8)], [f"plot-{count}.pdf" for count in (4, 6, 8)]
    common = sorted([*fits, *plots, "last.txt", "note.txt", "slopes.csv"])
    assert written(alone) == common
    # Each worker has written a file of this name: on one machine the last one stays, here all do.
    assert [name for name in written(pool) if not re.fullmatch(r"last\.\S+-\d+\.txt", name)] == common
    assert sorted(text.read_text() for text in (pool.home / "output").glob("last*.txt")) == ["4 \n", "6 \n", "8 \n"]
    assert pool.log.count("A file of the name last.txt is there already, with another content") == 2
    values = [(job.home / "output" / "slopes.csv").read_text(encoding="utf-8") for job in (alone, pool)]
    assert values[0] == values[1] and values[0].count("0x") == 3
    for plot in plots:
        assert (pool.home / "output" / plot).read_bytes().rstrip().endswith(b"%%EOF")


def written(job: Job) -> list[str]:
    """Return the names of what came home beside what the master's R leaves."""
    folder = job.home / "output"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
