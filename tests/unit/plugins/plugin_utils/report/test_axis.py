"""The labels of a timeline's axis."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.plugin_utils.report.axis import axis_label, axis_step


@pytest.mark.parametrize(
    ("seconds", "first"), [(0, "0 s"), (1.6, "0.2 s"), (39, "5 s"), (3000, "10:00"), (10**7, "360:00:00")]
)
def test_the_axis_has_round_figures(seconds, first):
    step = axis_step(seconds)
    assert axis_label(step if seconds else 0, step) == first
    assert seconds / step <= 8.1
