"""The module, run as Ansible runs it, on the machine that runs the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from ansible_collections.alparque.festival.plugins.modules import host_info

CHECKOUT = Path(__file__).parents[4]


def test_report_has_what_is_documented(tmp_path: Path) -> None:
    arguments = tmp_path / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"address": "203.0.113.1"}}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, CHECKOUT / "plugins/modules/host_info.py", arguments],
        env={
            **os.environ,
            "PYTHONPATH": str(CHECKOUT / ".collections"),
            "SSH_CONNECTION": "192.0.2.1 5 203.0.113.9 22",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["changed"] is False
    assert set(told["host"]) == set(yaml.safe_load(host_info.RETURN)["host"]["contains"])
    # Neither address is this machine's.
    assert not str(told["host"]["address"]).startswith("203.0.113.")
