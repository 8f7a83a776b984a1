"""Files with holes, which take less of a disk than their size says: in archives and in copies they have them, too.

In an archive they have the form "PAX format, version 1.0" (GNU tar's manual, "Storing Sparse Files"), which Python's tarfile reads.
"""

from __future__ import annotations

import os
import tarfile
import typing as t

#: What a hole reads as.
ZEROS = bytes(1 << 20)

#: A file in more parts than these is archived with its holes filled.
PARTS = 100_000

#: Where data is in a file: offset and length, in bytes.
Part = tuple[int, int]


def on_disk(status: os.stat_result) -> int:
    """Return how many bytes of its disk a file takes: st_blocks counts 512 of them whatever the file system's own blocks are."""
    return status.st_blocks * 512


def parts(descriptor: int, size: int) -> list[Part]:
    """Return where data is in a file of that size: one part that is all of it, where it has no holes."""
    if on_disk(os.fstat(descriptor)) >= size:
        return [(0, size)]
    found: list[Part] = []
    end = 0
    while end < size and len(found) < PARTS:
        try:
            begin = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError:
            # There is none any more.
            break
        end = min(os.lseek(descriptor, begin, os.SEEK_HOLE), size)
        found.append((begin, end - begin))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return found if len(found) < PARTS else [(0, size)]


def with_holes(entry: tarfile.TarInfo, found: list[Part]) -> bytes:
    """Make an archive's entry one of a file that has data in these parts alone; return what goes before the data."""
    numbers = [len(found), *(number for part in found for number in part)]
    head = "".join(f"{number}\n" for number in numbers).encode()
    head += bytes(-len(head) % tarfile.BLOCKSIZE)
    # GNU tar gives it another name as well, for programs that know no holes; tarfile takes a long one for the true one.
    entry.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": entry.name,
        "GNU.sparse.realsize": str(entry.size),
    }
    entry.size = len(head) + sum(length for _, length in found)
    return head


def copy(source: t.BinaryIO, target: t.BinaryIO) -> None:
    """Copy a stream to a file, with a hole wherever a whole piece of it is zeros."""
    while piece := source.read(len(ZEROS)):
        if piece == ZEROS[: len(piece)]:
            target.seek(len(piece), os.SEEK_CUR)
        else:
            target.write(piece)
    target.truncate()
