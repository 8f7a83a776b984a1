"""Lines of a stream, however its pieces are cut."""

from __future__ import annotations

import tracemalloc

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.events.lines import Lines


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pieces_may_be_cut_anywhere(size):
    text, lines = "one\n\ntwo\u2028words\r\nthree", Lines()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert [line for piece in pieces for line in lines.feed(piece)] == ["one", "", "two\u2028words\r"]
    assert lines.rest() == "three" and lines.rest() == ""


@pytest.mark.parametrize("size", [4, 11, 1000])
def test_a_line_that_is_too_long_is_left_out_and_the_next_one_is_not(size):
    text, lines = "short\n" + "x" * 200 + "\nagain\n", Lines(most=20)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert [line for piece in pieces for line in lines.feed(piece)] == ["short", "again"]


def test_a_line_without_an_end_is_not_kept():
    lines, piece = Lines(), "x" * (1 << 20)
    tracemalloc.start()
    for _ in range(64):
        assert lines.feed(piece) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 << 20
    assert lines.feed("\nwell\n") == ["well"]
