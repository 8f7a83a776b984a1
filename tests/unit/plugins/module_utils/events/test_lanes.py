"""The rows of a timeline."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.events.lanes import lanes_of
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Bar, Call, Story


def test_workers_by_host_each_with_its_bars_in_order():
    story, call = Story(), Call(0, 1, 0.0)
    for name, host in (("w10", "a"), ("w9", "a"), ("w1", "b10"), ("w2", "b9")):
        story.worker(name).host = host
    story.bars += [Bar(5, 6, "w9", call, 2, 3, 1), Bar(1, 2, "w9", call, 1, 1, 1), Bar(0, 9, "w1", call, 5, 1, 1)]
    story.workers["w1"].label = "the first"
    summed = []
    lanes = lanes_of(story, summed.append)
    assert [lane.worker.name for lane in lanes] == ["w9", "w10", "w2", "w1"] and summed == lanes
    assert [bar.start for bar in lanes[0].bars] == [1, 5] and [lane.tasks for lane in lanes] == [4, 0, 0, 1]
    assert [lane.label for lane in lanes][-2:] == ["w2", "the first"]
