"""Pictures and tables of a job, in its report: what is shown, and what is not."""

from __future__ import annotations

import base64
import shutil
import stat

import pytest
from ansible_collections.alparque.festival.plugins.plugin_utils.report import gallery as galleries
from ansible_collections.alparque.festival.plugins.plugin_utils.report.gallery import ALL, MOST, PICTURE, gallery

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20
SVG = b'<?xml version="1.0"?>\n<!-- R -->\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def shown(tmp_path):
    """Return a function that writes files and returns the gallery of them."""

    def show(**files):
        listed = []
        for key, content in files.items():
            name = key.replace("__", ".")
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
            listed.append({"path": name, "name": name, "link": f"./{name}"})
        return gallery(tmp_path, listed)

    return show


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a__png", PNG, "image/png"),
        ("a__JPG", b"\xff\xd8\xff\xe0jpeg", "image/jpeg"),
        ("a__svg", SVG, "image/svg+xml"),
        ("a__svg", b"<svg>", "image/svg+xml"),
    ],
)
def test_a_picture_is_in_the_page_itself(shown, name, content, kind):
    (picture,) = shown(**{name: content}).pictures
    assert picture.data == f"data:{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a__png", b"<html><script>alert(1)</script>"),
        ("a__svg", b"<html><svg>"),
        ("a__svg", b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>'),
        ("a__png", b"\x89PNG\r\n\x1a\n" + b"x" * PICTURE),
        ("a__rds", PNG),
        ("a__html", b"<svg>"),
    ],
)
def test_what_is_none_or_too_large_is_not(shown, name, content):
    assert shown(**{name: content}).pictures == []


def test_a_page_carries_no_more_than_it_can(shown):
    large = {f"p{k}__png": PNG + b"y" * (PICTURE - 100) for k in range(8)}
    found = shown(**large)
    assert sum(len(base64.b64decode(each.data.partition(",")[2])) for each in found.pictures) <= ALL
    assert found.left_out == 8 - len(found.pictures) > 0
    many = shown(**{f"q{k}__png": PNG for k in range(MOST + 3)})
    assert (len(many.pictures), many.left_out) == (MOST, 3)


def test_the_beginning_of_a_table(shown):
    text = "\ufeffname,value,note\n" + "".join(f'"row {k}",{k},"a, <b>{k}</b>\x1b[31m"\n' for k in range(40))
    (table,) = shown(a__csv=text).tables
    assert table.head == ["name", "value", "note"] and table.more
    assert table.rows[0] == ["row 0", "0", "a, <b>0</b>"] and len(table.rows) == 8


@pytest.mark.parametrize(
    ("name", "text", "head"), [("a__csv", "a;b\n1,5;2\n", ["a", "b"]), ("a__tsv", "a\tb,c\n1\t2\n", ["a", "b,c"])]
)
def test_what_parts_the_cells_is_seen(shown, name, text, head):
    (table,) = shown(**{name: text}).tables
    assert table.head == head and not table.more


@pytest.mark.parametrize("content", [b"", b"\n\n", b"a\0b", b"\xff\xfe\0a"])
def test_what_is_no_table_is_not_shown(shown, content):
    assert shown(a__csv=content).tables == []


def test_wide_and_long_cells_are_cut(shown):
    (table,) = shown(a__csv=",".join(["x" * 500] * 50) + "\n").tables
    assert len(table.head) == 8 and {len(cell) for cell in table.head} == {61} and table.more


@pytest.fixture
def drawer(tmp_path, monkeypatch):
    """Return a function that puts a program in the place of the one that draws pages."""

    def put(text):
        program = tmp_path / "bin" / galleries.DRAWER
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    return put


def test_the_first_page_of_a_document(shown, drawer):
    drawer("printf '\\211PNG\\r\\n\\032\\npage'")
    (picture,) = shown(Rplots__pdf=b"%PDF-1.4").pictures
    assert picture.note == "first page" and picture.data.startswith("data:image/png;base64,")


@pytest.mark.parametrize("does", ["echo broken >&2; exit 1", "head -c 1000 /dev/zero", "sleep 60"])
def test_a_document_that_cannot_be_drawn_is_only_listed(shown, drawer, monkeypatch, does):
    monkeypatch.setattr(galleries, "SECONDS", 1)
    drawer(does)
    assert shown(Rplots__pdf=b"%PDF-1.4").pictures == []


def test_without_a_program_that_draws_documents_are_only_listed(shown, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert shutil.which(galleries.DRAWER) is None
    assert shown(Rplots__pdf=b"%PDF-1.4").pictures == []
