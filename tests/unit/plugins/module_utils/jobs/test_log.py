"""The end of a log."""

from __future__ import annotations

import io

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.log import LOG_TAIL, harmless, tail


@pytest.mark.parametrize("size", [0, 10, LOG_TAIL, LOG_TAIL + 1, 10 * LOG_TAIL])
def test_no_more_than_its_end(size):
    text, whole = tail(io.BytesIO(b"x" * (size - 1) + b"." if size else b""))
    assert len(text) == min(size, LOG_TAIL) and whole is (size <= LOG_TAIL) and text[-1:] == ("." if size else "")


def test_bytes_that_are_no_text():
    assert tail(io.BytesIO(b"a\xffb")) == ("a\ufffdb", True)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain\tñ €\n", "plain\tñ €\n"),
        ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
        ("10 %\r20 %\r\n", "10 %\n20 %\n"),
        ("\x9b2J \u202enuf", "\\x9b2J \\u202enuf"),
    ],
)
def test_what_a_terminal_would_obey_is_told(said, shown):
    assert harmless(said) == shown
    assert tail(io.BytesIO(said.encode()))[0] == shown
