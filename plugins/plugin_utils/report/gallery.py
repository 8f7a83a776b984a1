"""What a job's files look like: pictures, the first page of documents, and the beginnings of tables, within bounds.

All of it is foreign. A picture is shown by way of ``<img>``, where neither scripts nor requests of an SVG have any effect, and only if it
begins as its kind does; what a table has is text.
"""

from __future__ import annotations

import base64
import csv
import itertools
import re
import resource
import shutil
import subprocess
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.events.words import clean

#: Ending → type, and how such a file begins.
PICTURES = {
    ".png": ("image/png", rb"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", rb"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", rb"\xff\xd8\xff"),
    ".gif": ("image/gif", rb"GIF8[79]a"),
    ".svg": ("image/svg+xml", rb"\s*(<\?xml[^>]*>)?(\s|<!--.*?-->|<!DOCTYPE[^>\[]*>)*<svg[\s>]"),
}
TABLES = {".csv": ",;\t", ".tsv": "\t"}
PAGES = ".pdf"

#: Bytes of a picture, and of all of them, that a page carries; how many it has, and tables.
PICTURE, ALL, MOST = 2 << 20, 12 << 20, 24
#: Rows and columns of a table that are shown, bytes of its file that are read for them, and characters of a cell.
ROWS, COLUMNS, HEAD, CELL = 8, 8, 1 << 16, 60

#: The program that draws a page (poppler's), in dots per inch and within seconds and bytes, if the controller has it.
DRAWER, DOTS, SECONDS, MEMORY = "pdftoppm", 60, 10, 1 << 30


class Picture(t.NamedTuple):
    """A picture to be shown, with the name of its file and a link to it."""

    name: str
    link: str
    data: str
    note: str = ""


class Table(t.NamedTuple):
    """The beginning of a table; ``more`` says whether the file has more rows or columns."""

    name: str
    link: str
    head: list[str]
    rows: list[list[str]]
    more: bool


class Gallery(t.NamedTuple):
    """What is shown, and how many pictures and tables there was no room for."""

    pictures: list[Picture]
    tables: list[Table]
    left_out: int


def gallery(folder: Path, files: t.Iterable[dict[str, t.Any]]) -> Gallery:
    """Return what of a job's files can be shown; each has a ``path`` in the folder, a ``name`` and a ``link``."""
    pictures: list[Picture] = []
    tables: list[Table] = []
    room, left_out = ALL, 0
    for file in files:
        path, about = folder / file["path"], (file["name"], file["link"])
        if path.suffix.lower() in TABLES:
            table = read_table(path, *about) if len(tables) < MOST else None
            tables += [table] if table else []
            left_out += len(tables) == MOST and not table
            continue
        drawn = drawn_of(path)
        if not drawn:
            continue
        kind, data, note = drawn
        if len(data) > room or len(pictures) == MOST:
            left_out += 1
            continue
        room -= len(data)
        pictures.append(Picture(*about, f"data:{kind};base64,{base64.b64encode(data).decode()}", note))
    return Gallery(pictures, tables, left_out)


def drawn_of(path: Path) -> tuple[str, bytes, str] | None:
    """Return the type and bytes of a picture, with a note; None where a file is none, or is too large."""
    ending = path.suffix.lower()
    if ending == PAGES:
        page = first_page(path)
        return page and ("image/png", page, "first page")
    if ending not in PICTURES:
        return None
    kind, begin = PICTURES[ending]
    try:
        with path.open("rb") as stream:
            data = stream.read(PICTURE + 1)
    except OSError:
        return None
    return (kind, data, "") if len(data) <= PICTURE and re.match(begin, data, re.DOTALL) else None


def first_page(path: Path) -> bytes | None:
    """Return the first page of a PDF as a PNG; None where there is no program that draws it, or where it cannot."""
    drawer = shutil.which(DRAWER)
    if not drawer:
        return None

    def bounds() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    command = [drawer, "-png", "-r", str(DOTS), "-f", "1", "-l", "1", "-singlefile", "--", str(path.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, preexec_fn=bounds)
    except (OSError, subprocess.SubprocessError):
        return None
    data = done.stdout
    return data if len(data) <= PICTURE and re.match(PICTURES[".png"][1], data) else None


def read_table(path: Path, name: str, link: str) -> Table | None:
    """Return the beginning of a table; None where a file has none."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD + 1)
    except OSError:
        return None
    text = head[:HEAD].decode("utf-8-sig", errors="replace")
    if "\0" in text or not text.strip():
        return None
    # The last line may be cut off.
    lines = text.splitlines()[: None if len(head) <= HEAD else -1]
    signs = TABLES[path.suffix.lower()]
    first = lines[0] if lines else ""
    sign = max(signs, key=first.count)
    try:
        rows = list(itertools.islice(csv.reader(lines, delimiter=sign), ROWS + 2))
    except csv.Error:
        return None
    rows = [row for row in rows if row]
    if not rows:
        return None
    width = max(map(len, rows))
    shown = [[cell_text(cell) for cell in row[:COLUMNS]] for row in rows[: ROWS + 1]]
    return Table(name, link, shown[0], shown[1:], more=len(rows) > ROWS + 1 or width > COLUMNS)


def cell_text(cell: str) -> str:
    """Return a cell as it is shown."""
    text = clean(cell)
    return text if len(text) <= CELL else f"{text[:CELL]}…"
