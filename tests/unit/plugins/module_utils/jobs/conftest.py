"""A job on a manager, for all who look at its folder."""

from __future__ import annotations

import os
import tarfile

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.folder import JobFolder
from ansible_collections.alparque.festival.plugins.module_utils.jobs.lifecycle import converge
from ansible_collections.alparque.festival.plugins.modules.job_master import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import params


@pytest.fixture
def run(tmp_path):
    """Return a function that runs the module's work on an engine, with or without inputs."""
    script = tmp_path / "a.R"
    script.write_text("cat('hello')\n")
    archive = tmp_path / "inputs.tar"

    def run(engine, inputs=True, check_mode=False, beside=(), **given):
        with tarfile.open(archive, "w") as tar:
            for name in ("a.R", *beside):
                tar.add(script, arcname=name)
        options = {
            "id": "a-1",
            "image": "m:1",
            "command": ["a.R", "--fast"],
            "data_dir": str(tmp_path / "data"),
            "wait": 0,
            "restarts": 0,
            "uid": os.getuid(),
            "owner": os.getuid(),
            **({"inputs": str(archive)} if inputs else {}),
            **given,
        }
        return converge(engine, params(OPTIONS, **options), check_mode)

    run.folder = JobFolder(str(tmp_path / "data"), "a-1")
    return run
