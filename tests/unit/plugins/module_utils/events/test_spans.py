"""Stretches of time."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.events.spans import length, union


def test_what_overlaps_is_not_counted_twice():
    assert union([(3, 4), (0, 2), (1, 3.5)]) == [[0, 4]]
    assert union([(0, 1, "more"), (2, 3, "more")]) == [[0, 1], [2, 3]]
    assert length([(0, 2), (1, 3), (5, 6)]) == 4 and length([]) == 0
