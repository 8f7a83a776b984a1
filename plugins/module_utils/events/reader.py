"""What the lines of a job's events.jsonl say, taken together to one story."""

from __future__ import annotations

import json
import math
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.events.story import (
    Bar,
    Call,
    Failure,
    Mark,
    Rank,
    Story,
    Worker,
    ending,
    tasks_text,
)


def _number(value: t.Any) -> float:
    """Return a finite number; what is none is a ValueError. Private."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(value)
    return value


def _numbers(value: t.Any) -> list[float]:
    """Return numbers; R writes a vector of one as it likes. Private."""
    return [_number(each) for each in (value if isinstance(value, list) else [value])]


def _names(value: t.Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]


def _known(value: t.Any, count: int) -> list[float | None]:
    """Return numbers, or None for each where there is none. Private."""
    values = value if isinstance(value, list) else [value] * count
    return [None if each is None else _number(each) for each in values]


def _rank_number(name: str) -> int:
    """Return 3 for "rank 3". Private."""
    return int(name.rpartition(" ")[2])


class Reader:
    """Takes events one after the other. What it does not know or understand it leaves out."""

    def __init__(self) -> None:
        self.story = Story()
        #: The ranks of an MPI job's present run by name.
        self.ranks: dict[str, Rank] = {}

    def read(self, line: bytes | str) -> None:
        """Take one line. A master that is killed may leave half of one."""
        try:
            event = json.loads(line)
            time = float(_number(event["time"]))
            kind = f"_on_{event['event']}"
            take = getattr(self, f"{kind}_{self.story.engine}", None) or getattr(self, kind, None)
            if take:
                take(event, time)
        except (ValueError, KeyError, TypeError, IndexError, RecursionError, OverflowError):
            return
        self._see(time)

    def _see(self, *times: float) -> None:
        self.story.start = min(self.story.start, *times)
        self.story.end = max(self.story.end, *times)

    def _worker(self, name: str) -> Worker:
        return self.story.workers.setdefault(name, Worker(name))

    def _call(self, number: t.Any, time: float) -> Call:
        key = (max(0, len(self.story.starts) - 1), int(_number(number)))
        return self.story.calls.setdefault(key, Call(*key, start=time))

    def _mark(self, kind: str, time: float, worker: str, text: str) -> None:
        self.story.marks.append(Mark(kind, time, worker, text))

    def _leave(self, worker: Worker, time: float) -> None:
        if worker.present:
            worker.spans[-1][1] = max(time, worker.spans[-1][0])
            worker.present = False

    def _on_start(self, event: dict, time: float) -> None:
        story = self.story
        if story.starts:
            # The workers of a master end with it.
            self._part(story.end)
            self._mark("restart", time, "", "the master was started again")
        story.starts.append(time)
        story.engine = str(event.get("engine") or "")
        story.r = str(event.get("r") or story.r)
        story.ended = False

    def _part(self, time: float) -> None:
        """Let everybody leave of whom nobody was left to say when. Private."""
        for worker in self.story.workers.values():
            self._leave(worker, time)
        for rank in self.ranks.values():
            if rank.end is None:
                self._end_rank(rank, time)
        self.ranks = {}

    def _on_join(self, event: dict, time: float) -> None:
        worker = self._worker(str(event["worker"]))
        worker.host = str(event.get("host") or worker.host)
        self._leave(worker, time)
        worker.spans.append([time, math.inf])
        worker.present, worker.lost = True, False
        self.story.peak = max(self.story.peak, sum(each.present for each in self.story.workers.values()))
        self._mark("join", time, worker.name, f"joined from {worker.host}")

    def _on_lost(self, event: dict, time: float) -> None:
        worker = self._worker(str(event["worker"]))
        worker.host = str(event.get("host") or worker.host)
        self._leave(worker, time)
        worker.lost = True
        held = int(_number(event.get("tasks") or 0))
        hands = (
            f"its {held} tasks went to others"
            if held > 1
            else "its task went to another"
            if held
            else "it held no task"
        )
        self._mark("lost", time, worker.name, f"was lost ({event.get('cause') or 'no cause told'}); {hands}")

    def _on_call(self, event: dict, time: float) -> None:
        call = self._call(event["call"], time)
        call.function = str(event.get("function") or "?")
        call.tasks = None if event.get("tasks") is None else int(_number(event["tasks"]))

    def _on_done(self, event: dict, time: float) -> None:
        self._call(event["call"], time).end = time

    def _on_resumed(self, event: dict, time: float) -> None:
        self._call(event["call"], time).resumed += int(_number(event["tasks"]))

    def _on_tasks(self, event: dict, time: float) -> None:
        call = self._call(event["call"], time)
        starts, ends = _numbers(event["start"]), _numbers(event["end"])
        firsts, counts = _numbers(event["first"]), _numbers(event["count"])
        attempts = _numbers(event.get("attempt") or [1] * len(firsts))
        for start, end, name, first, count, attempt in zip(
            starts, ends, _names(event["worker"]), firsts, counts, attempts
        ):
            bar = Bar(start, max(start, end), self._worker(name).name, call, int(first), int(count), int(attempt))
            self.story.bars.append(bar)
            call.done += bar.count
            self._see(bar.start, bar.end)

    def _on_failed(self, event: dict, time: float) -> None:
        call, task = self._call(event["call"], time), int(_number(event["task"]))
        self.story.failures.append(Failure(time, call, task, str(event.get("message") or "")))

    def _on_retry(self, event: dict, time: float) -> None:
        first, count = int(_number(event["first"])), int(_number(event.get("count") or 1))
        attempt = int(_number(event.get("attempt") or 2))
        text = f"{tasks_text(first, count)} of call {event['call']}, which it had, went to another (attempt {attempt})"
        self._mark("retry", time, self._worker(str(event["worker"])).name, text)

    def _on_call_mpi(self, event: dict, time: float) -> None:
        self._part(time)
        again = bool(self.story.calls)
        self._on_call(event, time)
        if again:
            self._mark("run", time, "", f"run {len(self.story.calls)} was started")

    def _on_join_mpi(self, event: dict, time: float) -> None:
        self._rank(str(event["worker"]), event, time)

    def _rank(self, name: str, event: dict, time: float) -> Rank:
        """Return a rank of the present run, which may be news. Private."""
        story = self.story
        if name in self.ranks:
            return self.ranks[name]
        host = str(event.get("host") or "unknown host")
        known = story.workers.get(name)
        worker = self._worker(f"{name} on {host}" if known and known.host != host else name)
        worker.host, worker.label, worker.present, worker.lost = host, name, True, False
        worker.spans.append([time, math.inf])
        number = _rank_number(name)
        call = next(reversed(story.calls.values()), None) or self._call(1, time)
        container = str(event.get("container") or "")
        rank = Rank(call, len(story.calls), worker.name, name, number, host, container, time)
        story.ranks.append(rank)
        self.ranks[name] = rank
        story.peak = max(story.peak, len(self.ranks))
        return rank

    def _end_rank(self, rank: Rank, time: float, cause: str | None = None) -> None:
        rank.end, rank.cause = max(time, rank.start), cause
        worker = self._worker(rank.worker)
        self._leave(worker, rank.end)
        worker.lost = rank.failed
        self.story.bars.append(Bar(rank.start, rank.end, worker.name, rank.call, rank.number + 1, 1, 1, rank))

    def _on_lost_mpi(self, event: dict, time: float) -> None:
        rank = self._rank(str(event["worker"]), event, time)
        if rank.end is not None:
            return
        # Of one that was lost with its container nobody knows what it used.
        (rank.cpu,), (rank.memory,) = (_known(event.get(key), 1) for key in ("cpu", "memory"))
        self._end_rank(rank, time, str(event.get("cause") or "no cause told"))
        if rank.failed:
            words = ending(rank.cause, rank.host)
            if not any(other.first_to_fail for other in self.ranks.values()):
                rank.first_to_fail = True
                self._mark("lost", time, rank.worker, words)
            self.story.failures.append(Failure(time, rank.call, rank.number + 1, f"{rank.name} {words}"))

    def _on_tasks_mpi(self, event: dict, time: float) -> None:
        names, starts, ends = _names(event["worker"]), _numbers(event["start"]), _numbers(event["end"])
        cpu, memory = (_known(event.get(key), len(names)) for key in ("cpu", "memory"))
        for name, start, end, seconds, size in zip(names, starts, ends, cpu, memory):
            rank = self._rank(name, {}, start)
            if rank.end is None:
                rank.start, rank.cpu, rank.memory = start, seconds, size
                self._end_rank(rank, end, "")
                rank.call.done += 1
                self._see(start, rank.end)

    def _on_end(self, event: dict, time: float) -> None:
        self.story.ended = True

    def close(self) -> Story:
        """Return the story, with a last moment for whoever was there until the end."""
        story = self.story
        if not math.isfinite(story.start):
            story.start = story.end = 0.0
        firsts: dict[str, list[float]] = {}
        for bar in story.bars:
            span = firsts.setdefault(bar.worker, [bar.start, bar.end])
            span[:] = min(span[0], bar.start), max(span[1], bar.end)
        for worker in story.workers.values():
            worker.alive = worker.present
        self._part(story.end)
        for worker in story.workers.values():
            if not worker.spans and worker.name in firsts:
                worker.spans = [firsts[worker.name]]
        story.peak = story.peak or len(firsts)
        return story


def read_events(lines: t.Iterable[bytes | str]) -> Story:
    """Return the story that lines of JSON tell."""
    reader = Reader()
    for line in lines:
        reader.read(line)
    return reader.close()
