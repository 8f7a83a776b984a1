"""What is the same for jobs of any backend, on the one host: files of any name, spoilt folders, and what is not run twice."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from one_script import Script
from real_hosts import Lab, run

pytestmark = pytest.mark.cluster

STRANGE = """
output <- Sys.getenv("FESTIVAL_OUTPUT")
system2("touch", shQuote(file.path(output, c("two\\nlines", " both ends ", "back\\\\slash"))))
system2("sh", c("-c", shQuote(paste0("touch ", output, "/$(printf '\\\\377')"))))
system2("truncate", c("-s", "300M", file.path(output, "holes")))
system2("mkfifo", file.path(output, "pipe"))
file.symlink("/etc/passwd", file.path(output, "passwd"))
file.symlink(file.path(getwd(), output, " both ends "), file.path(output, "same"))
"""
#: By a program that does not hear when it is asked to end.
FLOOD = """
writeLines("1", "small.csv")
system("bash -c 'trap \\"\\" TERM; while :; do head -c 20M /dev/zero >> much; sleep 0.2; done'")
"""


@pytest.fixture
def job(one_host: Lab, tmp_path: Path) -> t.Callable[[str], Script]:
    return lambda text: Script(one_host, tmp_path, text)


def test_files_of_any_name_come_home_and_what_is_no_file_is_told(job: t.Callable[[str], Script]) -> None:
    strange = job(STRANGE)
    said = strange.run().said
    assert "output/passwd is a link that leads out of the job's folder; output/pipe is a FIFO. The job's folder" in said
    names = [b" both ends ", b"back\\slash", b"holes", b"same", b"two\nlines", b"\xff"]
    assert sorted(os.listdir(os.fsencode(strange.home / "output"))) == names
    run("sha256sum", "--check", "--strict", "--quiet", "manifest.sha256", cwd=strange.home)
    holes = (strange.home / "output" / "holes").stat()
    assert holes.st_size == 300 << 20 and holes.st_blocks < 1000
    assert not any(strange.run().changed.values())


def test_job_that_spoils_its_exit_code_fails_and_hinders_nobody(one_host: Lab, job: t.Callable[[str], Script]) -> None:
    vandal = job("dir.create('/job/exit_code'); writeLines(strrep('[', 2e5), '/job/events.jsonl')")
    assert (
        "ended without an exit code" in (said := vandal.run(fails=True).said) and "/job/exit_code is a folder" in said
    )
    assert vandal.home.name in one_host.play("status").output
    one_host.play("stop")
    assert "next" in job("cat('next\\n')").run().said


def test_job_that_writes_too_much_is_ended_and_what_fits_comes_home(job: t.Callable[[str], Script]) -> None:
    flood = job(FLOOD)
    said = flood.run(job_output_limit="40M", fails=True).said
    assert "wrote more than the 40M that job_output_limit allows, and was ended" in said
    assert "output/much is too large (" in said
    assert os.listdir(flood.home / "output") == ["small.csv"]
    assert "and job_output_limit is 40M: it is ended." in (flood.home / "log.txt").read_text(encoding="utf-8")


def test_finished_job_is_not_run_again(job: t.Callable[[str], Script]) -> None:
    moment = job("cat(format(Sys.time(), '%H:%M:%OS6'), '\\n')")
    assert any(moment.run().changed.values())
    log = (moment.home / "log.txt").read_text(encoding="utf-8")
    again = moment.run()
    assert not any(again.changed.values())
    assert log.strip() in again.output
    assert any(moment.run(job_force=True).changed.values())
    assert (moment.home / "log.txt").read_text(encoding="utf-8") != log


def test_failed_job_is_run_again(job: t.Callable[[str], Script]) -> None:
    moment = job("cat(format(Sys.time(), 'at %H:%M:%OS6'), '\\n'); stop('not yet')")
    moment.run(fails=True)
    log = (moment.home / "log.txt").read_text(encoding="utf-8")
    moment.run(fails=True)
    assert (moment.home / "log.txt").read_text(encoding="utf-8") != log
