"""The same values for any number of workers, and more workers than R has connections for: on the one host, which has room for as many."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from real_hosts import REFERENCE, Lab
from running_job import JOBS, alone
from series import launch

pytestmark = pytest.mark.cluster

ONE = [{"name": "aterciopelados", "address": "172.18.0.2"}]


@pytest.fixture(scope="module", autouse=True)
def pool_as_before(one_host: Lab) -> t.Iterator[None]:
    yield
    one_host.play("workers")


@pytest.fixture(scope="module")
def reference(one_host: Lab) -> str:
    """The reference's values in one container."""
    values = alone(one_host, REFERENCE)
    assert values.count("0x") == 100
    return values


@pytest.mark.parametrize("workers", [1, 7])
def test_reference(one_host: Lab, tmp_path: Path, reference: str, workers: int) -> None:
    one_host.play("workers", workers_containers=ONE, workers_slots=workers)
    asked = []
    for engine in ("socket", "ssh"):
        script = tmp_path / f"{engine}-{workers}.R"
        script.write_text(REFERENCE.read_text(encoding="utf-8"), encoding="utf-8")
        asked.append({"job_script": str(script), "festival_engine": engine, "job_force": True})
    jobs = launch(one_host, tmp_path, *asked)
    assert [(job.home / "output" / "values.txt").read_text(encoding="utf-8") for job in jobs] == [reference] * 2


def test_many_workers(one_host: Lab) -> None:
    """More than the 128 connections that R has by default."""
    one_host.play("workers", workers_slots=50)
    said = one_host.play("job", job_script=str(JOBS / "many.R"), job_force=True).output
    assert "nodes: 150 workers: 150 right: TRUE" in said
