"""What a script says itself of how far it is."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.said import part, said
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Story


@pytest.mark.parametrize(
    ("done", "total", "share"),
    [(1, 4, 0.25), (None, 4, 0), (9, 4, 1), (-1, 4, 0), (1, None, None), (1, 0, None)],
)
def test_part(done, total, share):
    assert part(done, total) == share


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((1.0, 4000.0), ["1 of 4,000"]), ((0.5, 4.0), ["0.5 of 4"]), ((None, 4.0), []), ((1.0, None), [])],
)
def test_said(numbers, words):
    story = Story()
    story.said = numbers
    assert list(said(story)) == words
