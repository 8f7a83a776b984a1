"""Ansible as a user runs it, but for half of a second: in a fork of a process that has read its code already.

There are some hundred runs of it in these tests, and to read the code takes each of them longer than many a test.
"""

from __future__ import annotations

import os
import typing as t

#: What is read once: the command itself, and what every run of it loads as a plugin.
CODE = ["ansible.cli.playbook", "ansible.executor.task_executor", "ansible.executor.module_common", "docker", "jinja2"]


def _become(command: t.Sequence[str], folder: str, environment: t.Mapping[str, str], output: int) -> None:
    """Be the process that a shell would have started. Private."""
    os.setpgid(0, 0)
    ...
