"""What the lines of a job's events.jsonl say, taken together to one story."""

from __future__ import annotations

import json
import math
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.jobs.report_story import (
    Bar,
    Call,
    Failure,
    Mark,
    Story,
    Worker,
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


class Reader:
    """Takes events one after the other. What it does not know or understand it leaves out."""

    def __init__(self) -> None:
        self.story = Story()

    def read(self, line: bytes | str) -> None:
        """Take one line. A master that is killed may leave half of one."""
        try:
            event = json.loads(line)
            time = float(_number(event["time"]))
            take = getattr(self, f"_on_{event['event']}", None)
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
            # The workers of a master end with it; nobody was left to say when.
            for worker in story.workers.values():
                self._leave(worker, story.end)
            self._mark("restart", time, "", "the master was started again")
        story.starts.append(time)
        story.r = str(event.get("r") or story.r)
        story.ended = False

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
            self._leave(worker, story.end)
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
