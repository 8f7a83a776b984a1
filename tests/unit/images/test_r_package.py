"""The R package's own tests, with this machine's R: no lab, no image. Each file of them in an R of its own.

An R that is older than the package wants is good enough for all but what it cannot do: a copy of the package gets stand-ins for
two functions of newer ones (``r/older.R``). ``tests/integration/test_r_package.py`` runs the same tests in the images.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = HERE.parents[2] / "roles" / "images" / "files" / "r" / "festival"
FILES = sorted(PACKAGE.glob("tests/testthat/test-*.R"))
#: So many files are run at once.
TOGETHER = 4
#: What another R, or other versions of packages than the images', may leave out, and no more: test, and why it says so.
LEFT_OUT = {
    "150 workers are one cluster, beyond R's 128 connections": "R < 4.4",
    "R's limit is told as such": "R < 4.4",
    "a future whose worker is killed has its value all the same": "future < 1.34",
}


def r(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess:
    """Run R's own programs: R CMD, or Rscript with a file."""
    told = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **environment}
    return subprocess.run(arguments, env=told, capture_output=True, text=True, timeout=600, check=False)


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def make_older(copy: Path) -> None:
    """Have a copy of the package do without what only newer versions of R have."""
    description = copy / "DESCRIPTION"
    description.write_text(re.sub(r"R \(>= [\d.]+\)", "R", description.read_text(encoding="utf-8")), encoding="utf-8")
    for path in copy.glob("R/*.R"):
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"(tools::|parallel::)(?=(sha256sum|registerClusterType)\()", "older_", text)
        path.write_text(text, encoding="utf-8")
    shutil.copy(HERE / "r" / "older.R", copy / "R" / "older.R")


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the package, whose tests may leave what they like there, and a library with it."""
    folder = tmp_path_factory.mktemp("r")
    copy, made = folder / "festival", folder / "library"
    made.mkdir()
    shutil.copytree(PACKAGE, copy)
    wanted = re.search(r"R \(>= ([\d.]+)\)", (copy / "DESCRIPTION").read_text(encoding="utf-8"))
    here = r("Rscript", "-e", "cat(format(getRversion()))").stdout
    if version(here) < version(wanted[1]):
        make_older(copy)
    done = r("R", "CMD", "INSTALL", "--no-docs", f"--library={made}", copy)
    assert done.returncode == 0, done.stderr
    return folder


def names_in(path: Path) -> list[str]:
    """Return the names of the tests in a file."""
    return [
        json.loads(f'"{name}"')
        for name in re.findall(r'^test_that\("((?:[^"\\]|\\.)*)"', path.read_text(), re.MULTILINE)
    ]


def started_in(folder: Path) -> list[str]:
    """Return the commands of processes that were started there, and run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        # It may have ended, or be somebody else's.
        with contextlib.suppress(OSError):
            if f"TMPDIR={folder}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


@dataclass
class Ended:
    """What became of the tests in a file: what R said, what it wrote down of each, and the processes that they left."""

    said: str
    tests: list[dict]
    left: list[str]


def perform(path: Path, installed: Path, folder: Path) -> Ended:
    """Run a file of tests, with a folder for what they leave."""
    out = folder / "told.json"
    copy = installed / "festival" / path.relative_to(PACKAGE)
    told = {"R_LIBS": str(installed / "library"), "NOT_CRAN": "true", "TMPDIR": str(folder)}
    done = r("Rscript", HERE / "r" / "run.R", copy, out, **told)
    deadline = time.monotonic() + 10
    # What was killed takes a moment to end.
    while (left := started_in(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return Ended(done.stdout + done.stderr, json.loads(out.read_text()) if out.is_file() else [], left)


@pytest.fixture(scope="module")
def ended(
    request: pytest.FixtureRequest, installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[dict[Path, Future[Ended]]]:
    """Run the files that are asked for, several at once: most of the time they wait for somebody who is silent."""
    asked = [item.callspec.params.get("path") for item in request.session.items if hasattr(item, "callspec")]
    with ThreadPoolExecutor(TOGETHER) as pool:
        yield {
            path: pool.submit(perform, path, installed, tmp_path_factory.mktemp(path.stem))
            # Those with most to do begin.
            for path in sorted(FILES, key=lambda path: -path.stat().st_size)
            if path in asked
        }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_package(path: Path, ended: dict[Path, Future[Ended]]) -> None:
    told = ended[path].result()
    assert told.tests, told.said
    assert told.left == []
    assert {test["test"]: test["failed"] for test in told.tests if test["failed"]} == {}
    assert [test["test"] for test in told.tests] == names_in(path), "each of them ran"
    for test in told.tests:
        reasons = " ".join(test["skipped"])
        assert not reasons or LEFT_OUT.get(test["test"], "nothing") in reasons, test
        assert reasons or test["expectations"], f"{test['test']}: nothing was expected"


def test_what_may_be_left_out_is_there() -> None:
    assert set(LEFT_OUT) <= {name for path in FILES for name in names_in(path)}
