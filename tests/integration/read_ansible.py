"""ansible-playbook as a user runs it, but started as a fork of a process that has read Ansible's code already.

There are some 250 runs of it in these tests; to read the code, and to pack the same modules again, is a third of the work of each.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import typing as t
from multiprocessing.process import BaseProcess
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
#: What is read once: the command, and what it reads when it runs a task on a host.
_FORKS.set_forkserver_preload(
    ["ansible.cli.playbook", "ansible.executor.task_executor", "ansible.executor.module_common"]
)
#: The environment is all threads'.
_STARTING = threading.Lock()


def _run(command: t.Sequence[str], folder: str, environment: t.Mapping[str, str], output: str) -> None:
    """Be the process that a shell would start, with a group of its own. Private."""
    from ansible.cli import playbook

    os.setpgid(0, 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path, flags in ((0, os.devnull, os.O_RDONLY), (1, output, os.O_WRONLY | os.O_APPEND)):
        opened = os.open(path, flags)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.dup2(1, 2)
    sys.argv = list(command)
    playbook.main(sys.argv)


def start(command: t.Sequence[str], folder: Path, environment: t.Mapping[str, str], output: Path) -> BaseProcess:
    """Start ansible-playbook with these arguments; what it prints is added to a file, ``output``.

    What Ansible takes from the environment as it reads its code is that of the first start.
    """
    process = _FORKS.Process(target=_run, args=(list(command), str(folder), dict(environment), str(output)))
    with _STARTING:
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            process.start()
        finally:
            os.environ.clear()
            os.environ.update(before)
    return process
