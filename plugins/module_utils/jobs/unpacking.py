"""Unpacking of what came over: a job's files on the manager, its results on the controller. Plain files, and nowhere else."""

from __future__ import annotations

import errno
import os
import shutil
import tarfile
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.jobs import sparse
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import shown

#: The latest moment that an archive may give to a file: what comes after it no file system takes.
LATEST = 1 << 33


def data_rules(member: tarfile.TarInfo, folder: str) -> int:
    """Return the mode that a plain file is given; raise TarError where it would lie elsewhere.

    These are the rules of tarfile.data_filter, for Python without it, as Debian 12's.
    """
    inside = os.path.realpath(folder)
    target = os.path.realpath(os.path.join(inside, member.name))
    if os.path.commonpath([inside, target]) != inside:
        raise tarfile.TarError(f"{member.name!r} would be outside of {folder}")
    mode = member.mode & 0o755
    return (mode if mode & 0o100 else mode & ~0o111) | 0o600


def data_filter(member: tarfile.TarInfo, folder: str) -> int:
    """Return and raise the same by tarfile's own filter."""
    return tarfile.data_filter(member, folder).mode


RULES = data_filter if hasattr(tarfile, "data_filter") else data_rules


def unpack(archive: Path, folder: Path) -> None:
    """Unpack plain files into a folder to which nobody else writes; raise FestivalError where an archive has anything else."""
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                _place(tar, member, folder)
    except tarfile.TarError as error:
        raise FestivalError(f"{archive} cannot be unpacked: {error}. Run again to have it sent anew.") from error


def _place(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Unpack one file. Private."""
    path = folder / member.name
    try:
        mode = _judge(member, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as copy:
            source = tar.extractfile(member)
            if member.issparse():
                sparse.copy(source, copy)
            else:
                shutil.copyfileobj(source, copy)
            os.fchmod(copy.fileno(), mode)
        moment = min(max(member.mtime, 0), LATEST)
        os.utime(path, (moment, moment))
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise FestivalError(
            f"{shown(member.name)} cannot be put into {folder}: with that before it its path is longer than Linux takes "
            "(4,096 bytes). Use a folder with a shorter path (festival_results_dir), and run again."
        ) from error


def _judge(member: tarfile.TarInfo, folder: Path) -> int:
    """Return a file's mode; raise FestivalError where it is none, or one that would lie elsewhere or on another. Private."""
    # The filter would take the / off an absolute name, and let links pass. None of that is ever sent.
    if member.isreg() and not member.name.startswith("/") and not os.path.lexists(folder / member.name):
        try:
            return RULES(member, str(folder))
        except tarfile.TarError:
            pass
    raise FestivalError(
        f"The archive has {shown(member.name)!r}, which is no file of its own folder. Is the machine sound from which it came?"
    )
