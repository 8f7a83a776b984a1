"""What the user puts into the images: said in check mode, built once, and told when it cannot be."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from real_hosts import Lab, one_line
from running_job import beside

pytestmark = pytest.mark.cluster


def test_check_run_says_what_would_be_built(one_host: Lab) -> None:
    before = one_host.images()
    checked = one_host.play("images", "--check", "-v", images_r_packages=["data.table"])
    assert checked.changed[one_host.manager] == 1
    missing = re.findall(r"name: festival/(\w+):\w+\s+state: to build", checked.output)
    assert set(missing) == {"base", "worker", "master"}
    assert one_host.images() == before


def test_package_that_is_not_there(one_host: Lab) -> None:
    before = one_host.images(), one_host.containers()
    failed = one_host.play("images", images_apt_packages=["libnosuchthing-dev"], fails=True)
    assert "Failing step: Step" in failed.said
    assert "Unable to locate package libnosuchthing-dev" in failed.said
    assert (one_host.images(), one_host.containers()) == before


def test_r_package_that_is_not_there(one_host: Lab) -> None:
    failed = one_host.play("images", images_r_packages=["nosuchthing"], images_r_repositories=[], fails=True)
    assert "R package(s) nosuchthing: Debian has none of that name. Correct images_r_packages, or set" in failed.said


@pytest.mark.soak
def test_r_that_is_too_old(one_host: Lab) -> None:
    failed = one_host.play("images", images_base="debian:bookworm", fails=True)
    assert "The image has R 4.2.2, and festival needs 4.5 or newer. Set images_base to debian:trixie or" in failed.said


def test_r_package_of_a_mirror(one_host: Lab) -> None:
    """Packages from the mirror were installed from source and load; Debian's come from Debian as before."""
    newest = one_host.host(one_host.manager, "docker", "images", "-q", "festival/master").split()[0]
    say = "cat(anthem::sing(), nchar(find.package('snow')) > 0)"
    sung = ["docker", "run", "--rm", "--entrypoint", "Rscript", newest, "-e", say]
    assert one_host.host(one_host.manager, *sung) == "oye mi amor TRUE"


DOCUMENT = """---
title: Neighbours
output: html_document
---

```{r setup}
library(zoo)
library(doParallel)
registerDoParallel(makeCluster(3))
```

The mean of neighbours is `r rollmean(1:3, 3)`, and squares are
`r foreach(i = 1:3, .combine = c) %dopar% i^2`.

```{r broken, eval = nzchar(Sys.getenv("BREAK"))}
stop("no guitar")
```
"""


def test_what_a_document_asks_for_and_the_images_lack(one_host: Lab, tmp_path: Path) -> None:
    """It is told before anything is started, or added; and a run that does not ask for it finds the images as they were."""
    script = tmp_path / "paper.Rmd"
    script.write_text(DOCUMENT, encoding="utf-8")
    jobs = one_host.host(one_host.manager, "ls", "/var/lib/festival/jobs")
    failed = one_host.play("job", job_script=str(script), fails=True)
    assert (
        "paper.Rmd asks for what the images do not have: rmarkdown (to render it), zoo (line 7). Put it into images_r_packages"
        in failed.said
    )
    assert one_host.host(one_host.manager, "ls", "/var/lib/festival/jobs") == jobs

    before = one_host.containers()
    asks = {"job_script": str(script), "job_packages": "add", "festival_engine": "socket"}
    with beside(one_host, tmp_path, "sleeper", "Sys.sleep(3600)", festival_engine="socket") as (holder, _):
        while "sleeper" not in one_host.host(one_host.manager, "ls", "/var/lib/festival/jobs"):
            assert holder.poll() is None, "the job's controller has ended"
            time.sleep(0.5)
        refused = one_host.play("job", **asks, fails=True)
        assert re.search(r"Job sleeper-\w+ has pool .*replaced by ones with rmarkdown, zoo. Run again", refused.said)
        one_host.play("stop")
    added = one_host.play("job", **asks)
    print(f"two more packages, and the job: {added.seconds:.0f} s")
    (page,) = one_host.results.glob("paper-*/output/paper.html")
    assert "The mean of neighbours is 2, and squares are 1, 4, 9." in one_line(page.read_text(encoding="utf-8"))
    broken = one_host.play("job", **asks, job_environment={"BREAK": "1"}, fails=True)
    assert re.search(r"Quitting from .*paper.Rmd:1[5-7]-1[5-7] \[broken\].*no guitar", broken.said)
    images = {line.split()[1] for line in one_host.containers()[one_host.manager]}
    assert not images & {line.split()[1] for line in before[one_host.manager]}
    one_host.play("festival")
    assert images != {line.split()[1] for line in one_host.containers()[one_host.manager]}
