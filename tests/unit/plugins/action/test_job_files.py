"""Files that a job cannot take along, and a controller's disk that does not take its results."""

from __future__ import annotations

import os

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.alparque.festival.plugins.plugin_utils import results
from ansible_collections.alparque.festival.tests.unit.fake_engine import ends, master_engine


@pytest.mark.parametrize("option", ["files", "script"])
def test_what_has_no_end_is_no_file(run, tmp_path, option):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AnsibleActionFail, match="/pipe is neither a file nor a folder. Write to a file what"):
        run(None, **{option: str(tmp_path / "pipe")})


def test_a_disk_that_takes_no_results_is_told_with_what_to_do(run, monkeypatch):
    engine = master_engine(ends(0))

    def full(*_):
        raise OSError(28, "No space left on device")

    words = f"cannot be put into {run.home} here: No space left on device. Make room there, or set festival_results_dir"
    with monkeypatch.context() as patch, pytest.raises(AnsibleActionFail, match=words):
        patch.setattr(results, "unpack", full)
        run(engine)
    assert not run(engine)["changed"] and engine.orders() == ["create_service", "remove_service"]
