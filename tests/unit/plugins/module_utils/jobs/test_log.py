"""The end of a log."""

from __future__ import annotations

import io

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.log import LOG_TAIL, tail


@pytest.mark.parametrize("size", [0, 10, LOG_TAIL, LOG_TAIL + 1, 10 * LOG_TAIL])
def test_no_more_than_its_end(size):
    text, whole = tail(io.BytesIO(b"x" * (size - 1) + b"." if size else b""))
    assert len(text) == min(size, LOG_TAIL) and whole is (size <= LOG_TAIL) and text[-1:] == ("." if size else "")


def test_bytes_that_are_no_text():
    assert tail(io.BytesIO(b"a\xffb")) == ("a\ufffdb", True)
