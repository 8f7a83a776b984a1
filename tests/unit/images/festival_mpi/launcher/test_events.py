"""The event stream, line by line."""

from __future__ import annotations

import json
import time

from festival_mpi.launcher.events import Events


def test_each_event_is_a_line_with_its_time(tmp_path):
    events = Events(str(tmp_path / "events.jsonl"))
    events.write("start", expected=2)
    events.write("end")
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [list(line) for line in lines] == [["event", "time", "expected"], ["event", "time"]]
    assert lines[0]["expected"] == 2 and abs(lines[1]["time"] - time.time()) < 5


def test_a_stream_that_is_there_is_gone_on_with(tmp_path):
    path = str(tmp_path / "events.jsonl")
    first = Events(path)
    first.write("start")
    second = Events(path)
    second.write("start")
    assert (first.resumed, second.resumed) == (False, True)
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 2
