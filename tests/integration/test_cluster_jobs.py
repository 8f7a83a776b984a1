"""Jobs: what goes in, what comes home, what R's errors look like, and who waits for whom."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
import series
from one_script import Script
from real_hosts import Lab, one_line, run
from running_job import beside

pytestmark = pytest.mark.cluster

SONG = """
arguments <- commandArgs(TRUE)
lines <- c(arguments, readLines("lyrics.txt"), readLines("folder/verse.txt"))
dir.create(file.path(Sys.getenv("FESTIVAL_OUTPUT"), "deep"))
writeLines(lines, file.path(Sys.getenv("FESTIVAL_OUTPUT"), "deep", "song.txt"))
cat(Sys.getenv("MOOD"), "\\n")
"""
ON_WORKERS = """
library(snow)
cluster <- makeCluster(strsplit(Sys.getenv("FESTIVAL_HOSTS"), " ")[[1]], type = "SOCK")
{}
stopCluster(cluster)
"""


def masters(cluster: Lab) -> list[str]:
    """Return the names of what runs jobs' masters, or ran one that has ended: services, and containers on any host."""
    containers = [cluster.host(host, "docker", "ps", "--all", "--format", "{{.Names}}") for host in cluster.hosts]
    services = cluster.host(cluster.manager, "docker", "service", "ls", "--format", "{{.Name}}")
    return [name for name in "\n".join([services, *containers]).split() if "-job-" in name]


@pytest.fixture
def job(cluster: Lab, tmp_path: Path) -> t.Callable[[str], Script]:
    return lambda text: Script(cluster, tmp_path, text)


def test_identical_in_r(cluster: Lab) -> None:
    """The 100 values as R itself wrote them, compared by R itself."""
    paths = [f"/{folder.name}.rds" for folder in sorted(cluster.results.glob("reference-*"))]
    assert len(paths) == 2
    for folder, path in zip(sorted(cluster.results.glob("reference-*")), paths, strict=True):
        cluster.give(cluster.manager, folder / "output" / "result.rds", f"/srv{path}")
    master = cluster.host(cluster.manager, "docker", "images", "-q", "festival/master").split()[0]
    compare = f"x <- readRDS('/srv{paths[0]}'); cat(length(x), identical(x, readRDS('/srv{paths[1]}')))"
    command = ["docker", "run", "--rm", "-v", "/srv:/srv:ro", "--entrypoint", "Rscript", master, "-e", compare]
    assert cluster.host(cluster.manager, *command) == "100 TRUE"


def test_files_arguments_output(job: t.Callable[[str], Script], tmp_path: Path) -> None:
    (tmp_path / "lyrics.txt").write_text("oye mi amor\n", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "verse.txt").write_text("ñandú\n", encoding="utf-8")
    song = job(SONG)
    done = song.run(
        job_args=["two words", "$HOME; 'quoted\""],
        job_files=[str(tmp_path / "lyrics.txt"), str(tmp_path / "folder")],
        job_output="songs",
        job_environment={"MOOD": "alegre"},
    )
    assert "alegre" in done.output
    lines = (song.home / "output/deep/song.txt").read_text(encoding="utf-8").splitlines()
    assert lines == ["two words", "$HOME; 'quoted\"", "oye mi amor", "ñandú"]
    run("sha256sum", "--check", "--strict", "manifest.sha256", cwd=song.home)
    assert json.loads((song.home / "job.json").read_text(encoding="utf-8"))["exit_code"] == 0


ERRORS = {
    "stop": ("f <- function(x) stop('no guitar for ', x)\nf('mana')", 'Error in f("mana") : no guitar for mana'),
    "missing-package": (
        "library('nosuchthing', character.only = TRUE)",
        "The images lack nosuchthing: put it into images_r_packages and run playbooks/festival.yml.",
    ),
    "syntax": ("x <- (1 + ", "unexpected end of input"),
    "quit": ("quit(status = 7)", "R ended with exit code 7"),
    "on-a-worker": (ON_WORKERS.format("clusterCall(cluster, function() stop('string broke'))"), "string broke"),
}


@pytest.fixture(scope="module")
def failed(cluster: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, series.Job]:
    """Run scripts that fail; return their jobs by name."""
    folder = tmp_path_factory.mktemp("errors")
    asked = [{"job_script": str(Script(cluster, folder / name, script).script)} for name, (script, _) in ERRORS.items()]
    return dict(zip(ERRORS, series.launch(cluster, folder, *asked), strict=True))


@pytest.mark.parametrize("name", ERRORS)
def test_error_of_r(failed: dict[str, series.Job], name: str) -> None:
    wrong = failed[name]
    assert wrong.failed and ERRORS[name][1] in wrong.said
    run("sha256sum", "--check", "--strict", "manifest.sha256", cwd=wrong.home)


def test_a_failed_job_leaves_no_container(cluster: Lab, failed: dict[str, series.Job]) -> None:
    assert all(job.failed for job in failed.values())
    assert masters(cluster) == []


def test_timeout_stops_the_job(cluster: Lab, job: t.Callable[[str], Script]) -> None:
    endless = job("cat('still here\\n'); Sys.sleep(3600)")
    failed = endless.run(job_timeout=5, fails=True)
    assert "was stopped after 5 s (job_timeout)" in failed.said
    assert "still here" in failed.said
    assert masters(cluster) == []


def test_jobs_wait_in_line_or_are_refused_and_stop_ends_the_one_that_runs(
    cluster: Lab, job: t.Callable[[str], Script], tmp_path: Path
) -> None:
    line = ["sh", "-c", "ls /var/lib/festival/line/festival-pool 2>/dev/null; true"]
    with contextlib.ExitStack() as stack:

        def begin(name: str, text: str) -> tuple[subprocess.Popen, Path]:
            return stack.enter_context(beside(cluster, tmp_path, name, text))

        holder, said = begin("sleeper", "cat('asleep\\n'); Sys.sleep(3600)")
        # A service and its container; that there are none in the end says something only because there are now.
        while len(found := masters(cluster)) < 2:
            assert holder.poll() is None, "the job's controller has ended"
            time.sleep(0.5)
        assert all("-job-sleeper-" in name for name in found)
        waiting = {}
        for count, name in enumerate(("second", "third"), start=1):
            waiting[name] = begin(name, f"cat('{name}\\n')")
            while len(cluster.host(cluster.manager, *line).split()) < count:
                assert waiting[name][0].poll() is None, "a controller that waits has ended"
                time.sleep(0.5)
        refused = job("cat('next\\n')").run(job_queue=False, fails=True)
        assert "was not started: pool festival-pool, held by job sleeper-" in refused.said
        listed = re.findall(r"(\w+)-\w+ waits for festival-pool, number (\d) in line", cluster.play("status").output)
        assert listed == [("second", "1"), ("third", "2")]
        second = cluster.host(cluster.manager, *line).split()[0].removesuffix(".json")
        assert f"{second} was taken out of the line" in cluster.play("stop", job_id=second).said
        assert waiting["second"][0].wait(60) == 2
        assert f"{second} was taken out of the line by " in one_line(waiting["second"][1].read_text(encoding="utf-8"))
        cluster.play("stop")
        assert holder.wait(60) == 2 and "was stopped" in said.read_text(encoding="utf-8")
        assert waiting["third"][0].wait(60) == 0
        assert ", as number 2 in line after second-" in one_line(waiting["third"][1].read_text(encoding="utf-8"))
    assert masters(cluster) == []
