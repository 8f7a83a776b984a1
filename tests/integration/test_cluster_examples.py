"""The examples, unmodified: each finds the pool by its own package's means, and says what it says on one machine."""

from __future__ import annotations

import pytest
from real_hosts import CHECKOUT, Lab
from series import Job, launch

pytestmark = pytest.mark.cluster

FOLDER = CHECKOUT / "examples"
EXAMPLES = ["parallel", "snow", "foreach", "future", "furrr", "biocparallel", "festival"]


@pytest.fixture(scope="module")
def jobs(cluster: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """Run the examples; return their jobs by name."""
    asked = [{"job_script": str(FOLDER / f"{name}.R")} for name in EXAMPLES]
    return dict(zip(EXAMPLES, launch(cluster, tmp_path_factory.mktemp("examples"), *asked), strict=True))


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_says_the_same_with_every_worker_at_work(name: str, cluster: Lab, jobs: dict[str, Job]) -> None:
    job = jobs[name]
    # What R says while packages are loaded goes before it.
    assert job.log.endswith((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))
    joined = {event["worker"] for event in job.events if event["event"] == "join"}
    worked = {worker for event in job.events if event["event"] == "tasks" for worker in event["worker"]}
    assert worked == joined
    assert {event["host"] for event in job.events if event["event"] == "join"} == {
        cluster.host(host, "docker", "info", "--format", "{{.Name}}").strip() for host in cluster.hosts
    }


def test_every_example_is_tried() -> None:
    """All but the reference, which every deployment of the tests runs."""
    assert {path.stem for path in FOLDER.glob("*.R")} == {*EXAMPLES, "reference"}
