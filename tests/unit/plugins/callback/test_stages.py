"""The callback in a real run: what it prints, and when a line of a task that takes long arrives at whoever reads from a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[4]
PLAYBOOK = """
- name: One stage
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Show something while it works
      shows:
    - name: Leave a summary
      ansible.builtin.set_stats:
        data:
          festival_summary: All is well.
"""
ACTION = """
import time
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        self._display.display("it moves")
        time.sleep(1.5)
        return {"changed": False}
"""


def test_lines_come_as_they_are_written_and_the_summary_at_the_end(tmp_path):
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    (tmp_path / "ansible.cfg").write_text("[defaults]\ncallbacks_enabled = alparque.festival.stages\n")
    (tmp_path / "action_plugins").mkdir()
    (tmp_path / "action_plugins" / "shows.py").write_text(ACTION)
    (tmp_path / "ansible_collections" / "alparque").mkdir(parents=True)
    (tmp_path / "ansible_collections" / "alparque" / "festival").symlink_to(CHECKOUT)
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", "play.yml"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg")}
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(tmp_path)
    environment.pop("PYTHONUNBUFFERED", None)
    arrived = {}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as run:
        for line in run.stdout:
            arrived.setdefault(line.split(" **")[0].strip(), time.monotonic())
    assert run.returncode == 0, arrived
    assert arrived["ok: [localhost]"] - arrived["it moves"] > 1
    lines = list(arrived)
    assert lines.index("All is well.") == lines.index("FESTIVAL") + 1
    assert [line for line in lines if line.endswith("One stage")] and [line for line in lines if "in all" in line]
