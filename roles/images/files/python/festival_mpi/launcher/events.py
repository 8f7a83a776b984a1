"""The job's event stream: docs/events.md."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path


class Events:
    """What is told of the job while it runs. One that is ``resumed`` was begun by an earlier master."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.resumed = Path(path).is_file()

    def write(self, event: str, **facts: t.Any) -> None:
        """Add an event, with its time."""
        line = json.dumps({"event": event, "time": round(time.time(), 3), **facts})
        with open(self.path, "a", encoding="utf-8") as stream:
            stream.write(line + "\n")
