"""The story of a job whose workers take tasks from its master, as those of most engines do."""

from __future__ import annotations

from itertools import repeat

from ansible_collections.alparque.festival.plugins.module_utils.events.story import Bar, Call, Mark, Story
from ansible_collections.alparque.festival.plugins.module_utils.events.values import (
    integer,
    integers,
    names,
    numbers,
    word,
)

#: Failed tasks that are told one by one; the report has all of them.
FAILURES_TOLD = 5

#: Workers that join later than this after the start are told: before, the pool is only gathering.
GATHERING = 10


class TaskStory(Story):
    """What happened to workers and tasks."""

    def on_join(self, event: dict, time: float) -> None:
        """A worker has come."""
        worker = self.worker(word(event["worker"]))
        gathered = self.expected and len(self.present) >= self.expected
        late = self.losses or gathered or time - (self.starts[-1] if self.starts else 0.0) > GATHERING
        worker.host = word(event.get("host") or worker.host)
        self.come(worker, time)
        self.note(Mark("join", time, worker.name, worker.host), news=bool(late))

    def on_lost(self, event: dict, time: float) -> None:
        """A worker is gone, and what it held goes to others."""
        held = integer(event.get("tasks") or 0)
        worker = self.worker(word(event["worker"]))
        worker.host = word(event.get("host") or worker.host)
        self.leave(worker, time)
        worker.lost = True
        cause = word(event.get("cause") or "")
        self.note(Mark("lost", time, worker.name, worker.host, cause, count=held), news=True)

    def on_tasks(self, event: dict, time: float) -> None:
        """Messages have come back; condensed, the event has only their number of tasks."""
        counts = integers(event["count"])
        call = self.call_of(event["call"], time)
        if self.detailed:
            self._bars(event, call, counts)
        call.done += sum(counts)
        if call is self.call:
            self.pace.add(time, call.done + call.resumed)

    def _bars(self, event: dict, call: Call, counts: list[int]) -> None:
        starts, ends, firsts = numbers(event["start"]), numbers(event["end"]), integers(event["first"])
        workers = names(event["worker"])
        attempts = integers(event.get("attempt") or [1.0] * len(firsts))
        # One name for all the messages of a worker: there may be millions.
        known = {name: self.worker(word(name)).name for name in dict.fromkeys(workers)}
        ends = list(map(max, starts, ends))
        columns = (starts, ends, map(known.get, workers), repeat(call), firsts, counts, attempts, repeat(None))
        self.bars.extend(map(Bar._make, zip(*columns)))
        self.see(min(starts), max(ends))

    def on_retry(self, event: dict, time: float) -> None:
        """What a lost worker was at is handed to another."""
        first, count = integer(event["first"]), integer(event.get("count") or 1.0)
        attempt = integer(event.get("attempt") or 2.0)
        name, call = self.worker(word(event["worker"])).name, self.call_of(event["call"], time)
        self.note(Mark("retry", time, name, call=call, first=first, count=count, attempt=attempt))

    def on_failed(self, event: dict, time: float) -> None:
        """A task gave an error."""
        task, call = integer(event["task"]), self.call_of(event["call"], time)
        told = self.count("failed") < FAILURES_TOLD
        self.note(Mark("failed", time, cause=str(event.get("message") or ""), call=call, first=task, count=1), told)

    def on_resumed(self, event: dict, time: float) -> None:
        """Results were there already, which says nothing of how fast new ones come."""
        tasks, call = integer(event["tasks"]), self.call_of(event["call"], time)
        call.resumed += tasks
        if call is self.call:
            self.pace.begin(time, call.done + call.resumed)
        self.news.append(Mark("resumed", time, call=call, count=tasks))

    def close(self) -> TaskStory:
        """Return the story; whoever worked without ever having come was there from its first message to its last."""
        super().close()
        seen: dict[str, list[float]] = {}
        for bar in self.bars:
            span = seen.setdefault(bar.worker, [bar.start, bar.end])
            span[:] = min(span[0], bar.start), max(span[1], bar.end)
        for name, span in seen.items():
            self.workers[name].spans = self.workers[name].spans or [span]
        self.peak = self.peak or len(seen)
        return self
