"""Which of a job's files its script has changed: each has a stamp from when it was given to the script."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import stamp

#: Where stamps are kept, in the part of a job's folder that is root's.
STAMPS = "inputs.json"


def given_away(folder: Path, uid: int) -> dict[str, str]:
    """Give a folder and all that is in it to a user; return the stamp of each file, by its name from the folder on."""
    stamps = {}
    for within, _, names, descriptor in os.fwalk(folder):
        os.fchown(descriptor, uid, uid)
        for name in names:
            os.chown(name, uid, uid, dir_fd=descriptor, follow_symlinks=False)
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            stamps[os.path.relpath(os.path.join(within, name), folder)] = stamp(status)
    return stamps


def keep_stamps(folder: Path, stamps: dict[str, str]) -> None:
    """Keep stamps in a job's folder."""
    (folder / STAMPS).write_text(json.dumps(stamps))


def kept_stamps(folder: Path) -> dict[str, str]:
    """Return a job's stamps; none where an earlier release has started it."""
    with contextlib.suppress(FileNotFoundError):
        return json.loads((folder / STAMPS).read_text())
    return {}
