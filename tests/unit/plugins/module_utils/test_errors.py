"""The one error type."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError


def test_it_says_its_message_and_carries_its_facts():
    error = FestivalError("Image x could not be built.", step="Step 2/3 : RUN false", code=1)
    assert str(error) == "Image x could not be built."
    assert error.facts == {"step": "Step 2/3 : RUN false", "code": 1}
    assert FestivalError("no more").facts == {}
