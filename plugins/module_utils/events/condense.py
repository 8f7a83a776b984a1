"""The stream of events as it travels: no more of each ``tasks`` than its number, which is all that a bar is drawn from.

Short tasks come by the thousand in a second: to send and read all of them would keep a manager and a controller busy.
"""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.events.lines import MOST
from ansible_collections.alparque.festival.plugins.module_utils.events.values import (
    NO_EVENT,
    event_of,
    integer,
    integers,
    number,
)

TASKS = '{"event":"tasks"'


def condensed(text: str) -> str:
    """Return lines of events, the long ones in short; what is longer than any event is left out."""
    return "\n".join(_short(line) if len(line) <= MOST else "" for line in text.split("\n"))


def _short(line: str) -> str:
    """Return a line in fewer words where it has some to spare. Private."""
    if not line.startswith(TASKS):
        return line
    try:
        event = event_of(line)
        time, call, count = number(event["time"]), integer(event["call"]), sum(integers(event["count"]))
    except NO_EVENT:
        # None of ours: whoever reads it sees that as well.
        return line
    return f'{TASKS},"time":{time!r},"call":{call},"count":[{count}]}}'
