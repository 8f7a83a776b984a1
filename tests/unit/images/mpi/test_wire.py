"""What the two sides tell each other, and when one of them takes the other for lost."""

from __future__ import annotations

import json

import pytest
import wire


@pytest.fixture
def after(monkeypatch):
    """Return a function that lets some seconds pass."""
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    def after(seconds: float) -> None:
        clock[0] += seconds

    return after


def test_the_other_side_is_lost_after_its_silence(after):
    watch = wire.Watch()
    for _ in range(int(wire.SILENCE)):
        after(1)
        assert not watch.silent()
    after(1)
    assert watch.silent()


def test_who_is_heard_is_not_silent(after):
    watch = wire.Watch()
    for _ in range(3 * int(wire.SILENCE)):
        after(1)
        watch.hear()
        assert not watch.silent()


def test_who_stood_still_begins_anew(after):
    watch = wire.Watch()
    after(10 * wire.SILENCE)
    assert not watch.silent()
    for _ in range(int(wire.SILENCE)):
        after(1)
        assert not watch.silent()
    after(1)
    assert watch.silent()


def test_messages_say_what_they_are():
    assert wire.told(rank=1, host="mana")[:1] == wire.TOLD
    assert wire.facts_of(wire.told(rank=1, host="mañana")) == {"rank": 1, "host": "mañana"}
    assert json.loads(wire.told(stop=True)[1:]) == {"stop": True}
