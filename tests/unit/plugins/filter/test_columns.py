"""Aligned columns."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.filter.columns import columns


def test_columns_begin_below_each_other():
    assert columns([["host", "cores", "note"], ["mana", 2, None], ["aterciopelados", 16, "ñ"]]) == [
        "host            cores  note",
        "mana            2",
        "aterciopelados  16     ñ",
    ]


def test_no_rows_are_no_lines():
    assert columns([]) == []
