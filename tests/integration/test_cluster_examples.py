"""The examples, unmodified: each finds the pool by its own package's means, and says what it says on one machine."""

from __future__ import annotations

import json

import pytest
from real_hosts import CHECKOUT, Lab

pytestmark = pytest.mark.cluster

EXAMPLES = ["parallel", "snow", "foreach", "future", "furrr", "biocparallel", "festival"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_says_the_same_with_every_worker_at_work(name: str, cluster: Lab) -> None:
    script = CHECKOUT / "examples" / f"{name}.R"
    cluster.play("job", job_script=str(script))
    (home,) = cluster.results.glob(f"{name}-*")
    # What R says while packages are loaded goes before it.
    assert (
        (home / "log.txt").read_text(encoding="utf-8").endswith(script.with_suffix(".txt").read_text(encoding="utf-8"))
    )
    events = [json.loads(line) for line in (home / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    joined = {event["worker"] for event in events if event["event"] == "join"}
    worked = {worker for event in events if event["event"] == "tasks" for worker in event["worker"]}
    assert worked == joined
    assert {event["host"] for event in events if event["event"] == "join"} == {
        cluster.host(host, "docker", "info", "--format", "{{.Name}}").strip() for host in cluster.hosts
    }


def test_every_example_is_tried() -> None:
    """All but the reference, which every deployment of the tests runs."""
    assert {path.stem for path in (CHECKOUT / "examples").glob("*.R")} == {*EXAMPLES, "reference"}
