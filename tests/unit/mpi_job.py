"""An MPI job as its launcher tells of it."""

from __future__ import annotations

import io
import json

from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.ranks import RankStory
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import read_events
from ansible_collections.alparque.festival.tests.unit.finished_job import BEGAN


def read_ranks(text: str, detailed: bool = True) -> RankStory:
    """Return the story that a stream of events tells."""
    return read_events(io.BytesIO(text.encode()), RankStory(detailed))


class Run:
    """Writes the events of an MPI job."""

    def __init__(self) -> None:
        self.events = []
        self.tell("start", 0, engine="mpi", expected=2)

    def tell(self, event, time, **facts):
        self.events.append({"event": event, "time": BEGAN + time, **facts})

    def begin(self, number, time, *hosts):
        self.tell("call", time, call=number, function="mpirun", tasks=len(hosts))
        for rank, host in enumerate(hosts):
            self.tell("join", time + 1, worker=f"rank {rank}", host=host, container=f"c-{host}", pid=70)

    def lose(self, time, rank, host, cause):
        self.tell("lost", time, worker=f"rank {rank}", host=host, cause=cause, tasks=1)

    def finish(self, time, *ranks, began=1.0, **facts):
        lists = {"worker": [f"rank {rank}" for rank in ranks], "first": [rank + 1 for rank in ranks]}
        lists.update(count=[1] * len(ranks), start=[BEGAN + began] * len(ranks), end=[BEGAN + time] * len(ranks))
        self.tell("tasks", time, call=1, **lists, **facts)

    def lines(self):
        return "".join(f"{json.dumps(event)}\n" for event in self.events)

    def story(self):
        return read_ranks(self.lines())


def moved():
    """Return a job whose rank 1 was lost with its container, and ran on another host when the job was run again."""
    run = Run()
    run.begin(1, 0, "ana", "mana")
    run.lose(5, 1, "mana", "closed")
    run.lose(6, 0, "ana", "stopped")
    run.begin(2, 10, "ana", "berta")
    run.finish(20, 0, 1, began=11, cpu=[8.0, 10.0], memory=[10**8, 2 * 10**8])
    run.tell("done", 20, call=2)
    run.tell("end", 20)
    return run
