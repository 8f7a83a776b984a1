"""Somebody else who writes in a job's folder while root reads it, and loses no chance to have root read something else."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import typing as t
from pathlib import Path

#: Who it is, where root may choose.
UID = 65534

#: At most so many seconds, whatever becomes of the test.
SECONDS = 60

#: Names that Linux allows to a file.
NAMES = [
    b"-rf",
    b" both ends ",
    b"two\nlines",
    b"carriage\rreturn",
    b"back\\slash\\n",
    b"tab\t",
    b"\xff\xfe not utf-8",
    "sep\u2028arator".encode(),
    "next\x85line".encode(),
    "ñandú".encode(),
    b"x" * 255,
]

BEGIN = f"""
import ctypes, os, time
if os.getuid() == 0:
    os.setgroups([]), os.setgid({UID}), os.setuid({UID})
rename = ctypes.CDLL(None).renameat2
until = time.monotonic() + {SECONDS}
print("ready", flush=True)
while time.monotonic() < until:
"""

#: Exchange two names, a link and a file say, as fast as can be (RENAME_EXCHANGE).
EXCHANGE = BEGIN + "    rename(-100, {one!r}, -100, {other!r}, 2)\n"

#: Have a link in the place of a name whenever it comes up.
REPLACE = (
    BEGIN
    + """
    try:
        os.symlink({target!r}, 'link')
    except OSError:
        pass
    rename(-100, b'link', -100, {name!r}, 2)
"""
)


@contextlib.contextmanager
def at_work(folder: Path, program: str) -> t.Iterator[subprocess.Popen]:
    """Have a program run in a folder, as another user where that can be."""
    process = subprocess.Popen([sys.executable, "-c", program], cwd=folder, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        yield process
        assert process.poll() is None, "it ended too soon to have been a danger"
    finally:
        process.kill()
        process.communicate()


def give(*paths: Path) -> int:
    """Give files and folders, not what links lead to, to the stranger where root may; return the user's id."""
    uid = UID if os.getuid() == 0 else os.getuid()
    for path in paths:
        os.chown(path, uid, uid, follow_symlinks=False)
    return uid
