"""A folder in which somebody else writes, as a job's script does in its own.

Whoever may write in a folder may exchange what lies under a name between any two calls by path, and root would read where the
exchanged link leads. So everything is reached from the folder's own descriptor on, a component at a time, no link followed by
the kernel; the descriptor is asked what it is; and what is read is that very file, within bounds.
"""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.jobs.sparse import on_disk
from ansible_collections.alparque.festival.plugins.module_utils.jobs.way import Missing, Refused, Way, closing

#: A line that is longer is none of ours.
LINE = 4 << 20

#: Bytes of a name from the folder on: it is to lie in another folder of some length, and Linux takes 4,096 in all.
LONGEST_NAME = 3072

#: Folders in each other that are gone into.
DEPTH = 128

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

FOLDER = "a folder"

_KINDS = {
    stat.S_IFDIR: FOLDER,
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Found(t.NamedTuple):
    """A file in a folder by its name from there on, with its size in bytes; or, where ``why`` says so, what is none.

    Its ``stamp`` is another one when anything of it was changed. It takes ``disk`` bytes of its disk.
    """

    name: str
    size: int
    why: str = ""
    stamp: str = ""
    disk: int = 0


def stamp(status: os.stat_result) -> str:
    """Return what tells a file from the same one that was changed: its owner cannot set the time at which its inode was."""
    return f"{status.st_ino} {status.st_size} {status.st_ctime_ns}"


def shown(name: str) -> str:
    """Return a file's name, or any foreign text, as one line of plain UTF-8 that stands for it alone: a\\nb for two lines."""
    return "".join(char if char.isprintable() and char != "\\" else _escaped(char) for char in name)


def _escaped(char: str) -> str:
    """Return the escape of a character; or of a byte that is none, as Python has them in file names. Private."""
    code = ord(char)
    byte = f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ""
    return byte or _ESCAPES.get(char) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


def opened(folder: Path) -> t.ContextManager[int]:
    """Give a descriptor of a folder that is the caller's own and lies in another one of his."""
    return closing(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))


class ForeignFolder:
    """A folder that another user writes in. All names are from it on; their own links count as far as they stay in it.

    ``seen_as`` is the folder's path where it is written in, from which its absolute links begin.
    """

    def __init__(self, path: Path, seen_as: str = "") -> None:
        self.path = path
        self.seen_as = seen_as

    @contextlib.contextmanager
    def _way(self, name: str) -> t.Iterator[Way]:
        """Yield the way to what lies under a name, gone to its end; raise Refused. Private."""
        try:
            way = Way(self.path, self.seen_as, name)
        except OSError as error:
            raise Missing("not there") from error
        with contextlib.closing(way):
            try:
                way.go()
            except (FileNotFoundError, NotADirectoryError) as error:
                raise (Refused("a link to nothing") if way.links else Missing("not there")) from error
            except OSError as error:
                raise Refused(f"unreadable ({error.strerror})") from error
            yield way

    def _why(self, status: os.stat_result) -> str:
        """Return why something is no file to be read; empty for one that is. Private."""
        if not stat.S_ISREG(status.st_mode):
            return _KINDS.get(stat.S_IFMT(status.st_mode), "no file")
        # A second name may be that of somebody else's file; the writer's own he may name as he likes.
        own = status.st_uid == os.stat(self.path, follow_symlinks=False).st_uid != 0
        return "" if own or status.st_nlink < 2 else "another user's file by a second name (hard link)"

    @contextlib.contextmanager
    def open(self, name: str) -> t.Iterator[t.BinaryIO]:
        """Yield a plain file, open for reading; raise Refused where there is none."""
        with self._way(name) as way:
            why = self._why(os.fstat(way.here))
            if why:
                raise Refused(f"a link to {why}" if way.links else why)
            try:
                # By way of /proc it is the very file that was looked at, whatever lies under its name by now.
                descriptor = os.open(f"/proc/self/fd/{way.here}", os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                raise Refused(f"unreadable ({error.strerror})") from error
            with os.fdopen(descriptor, "rb") as stream:
                yield stream

    def read(self, name: str, size: int, offset: int = 0) -> bytes:
        """Return at most ``size`` bytes from an offset on, from the end where it is negative; raise Refused."""
        with self.open(name) as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(offset if offset >= 0 else max(0, end + offset))
            return stream.read(size)

    def size(self, name: str) -> int:
        """Return a file's size in bytes, 0 where there is none."""
        with contextlib.suppress(Refused), self.open(name) as stream:
            return os.fstat(stream.fileno()).st_size
        return 0

    def lines(self, name: str, most: int) -> t.Iterator[bytes]:
        """Yield the lines of a file that are no longer than LINE, of its first ``most`` bytes; none where it is no file."""
        with contextlib.suppress(Refused), self.open(name) as stream:
            begins = True
            while stream.tell() < most and (read := stream.readline(LINE)):
                ends = read.endswith(b"\n")
                if begins and (ends or len(read) < LINE):
                    yield read
                begins = ends

    @contextlib.contextmanager
    def folder(self, name: str) -> t.Iterator[int]:
        """Yield the descriptor of what should be a folder, to name what lies in it; raise Refused."""
        with self._way(name) as way:
            yield way.here

    def walk(self, name: str) -> t.Iterator[Found]:
        """Yield what lies in a folder, however deep, by names from that folder on. A link to a file is that file."""
        try:
            with self._way(name) as way:
                top = "/".join(way.behind)
        except Refused:
            return
        folders = [""]
        while folders:
            within = folders.pop()
            with contextlib.suppress(Refused, OSError), self._way(f"{top}/{within}") as way:
                # One that is a link by now was exchanged: what it leads to is walked under its own name.
                for entry in [] if way.links else sorted(os.listdir(f"/proc/self/fd/{way.here}")):
                    found = self._look(top, f"{within}{entry}", way.here)
                    if found.why == FOLDER:
                        folders.append(f"{found.name}/")
                    else:
                        yield found

    def _look(self, top: str, name: str, folder: int) -> Found:
        """Return what lies under a name in a folder of that descriptor. Private."""
        if len(os.fsencode(name)) > LONGEST_NAME:
            return Found(
                name,
                0,
                f"its path is longer than {LONGEST_NAME:,} bytes: with what stands before it more than Linux takes",
            )
        try:
            status = os.stat(name.rpartition("/")[2], dir_fd=folder, follow_symlinks=False)
            own = stamp(status)
            if stat.S_ISLNK(status.st_mode):
                with self._way(f"{top}/{name}") as way:
                    status = os.fstat(way.here)
                    why = self._why(status)
                    return Found(name, status.st_size, why and f"a link to {why}", own, on_disk(status))
            if stat.S_ISDIR(status.st_mode) and name.count("/") == DEPTH:
                return Found(name, 0, f"a folder in more than {DEPTH} others")
            return Found(name, status.st_size, self._why(status), own, on_disk(status))
        except (Refused, OSError) as error:
            return Found(name, 0, str(error))


def remove(folder: int, name: str) -> None:
    """Remove what lies under a name in a folder of which ``folder`` is a descriptor, and to which only the caller writes.

    A tree may be deeper than Python recurses and than there are descriptors: its folders are moved up before they are emptied.
    They are the caller's then, so that whoever had them puts nothing into them any more.
    """
    unused, number, waiting = f".removed-{os.urandom(8).hex()}", 0, [name]
    while waiting:
        name = waiting.pop()
        if _unlinked(folder, name):
            continue
        with closing(os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)) as here:
            os.fchown(here, os.geteuid(), os.getegid())
            os.fchmod(here, 0o700)
            for entry in os.listdir(here):
                if not _unlinked(here, entry):
                    number += 1
                    waiting.append(f"{unused}-{number}")
                    os.rename(entry, waiting[-1], src_dir_fd=here, dst_dir_fd=folder)
        os.rmdir(name, dir_fd=folder)


def _unlinked(folder: int, name: str) -> bool:
    """Remove what is no folder; say whether it is gone. Private."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return True
    except IsADirectoryError:
        return False
    return True
