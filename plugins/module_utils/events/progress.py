"""How far a job is: what its event stream says, as plain data, and as the words that a user reads."""

from __future__ import annotations

import contextlib
import json
import typing as t
from collections import deque
from dataclasses import dataclass, field

from ansible_collections.alparque.festival.plugins.module_utils.events.story import MPI, STOPPED, ending

#: The rate is that of the last minute, or of the last messages where they come less often.
RECENT_SECONDS = 60
RECENT_MESSAGES = 32

#: Failed tasks that are told one by one; the report has all of them.
FAILURES_TOLD = 5

#: Workers that join later than this after the start are told: before, the pool is only gathering.
GATHERING = 10


@dataclass
class Progress:
    """What is known of a running script."""

    expected: int = 0
    started: float = 0.0
    starts: int = 0
    workers: dict[str, str] = field(default_factory=dict)
    losses: int = 0
    failures: int = 0
    function: str = ""
    total: int | None = None
    done: int = 0
    message: str = ""
    told: tuple[int | None, int | None] = (None, None)
    recent: deque = field(default_factory=deque)
    engine: str = ""
    runs: int = 0
    #: How many ranks of this run have ended badly, and the host of each that there is or was.
    failed: int = 0
    ranks: dict[str, str] = field(default_factory=dict)


def _start(progress: Progress, event: dict) -> str | None:
    again = progress.starts > 0 or event.get("resumed")
    # The workers of an earlier master are gone with it; those of this one join again.
    progress.workers.clear()
    progress.ranks.clear()
    progress.starts += 1
    progress.started = event["time"]
    progress.expected = event.get("expected") or 0
    progress.engine = str(event.get("engine") or "")
    what = "master" if progress.engine == MPI else "script"
    return f"the {what} starts again" if again else None


def _join(progress: Progress, event: dict) -> str | None:
    gathered = progress.expected and len(progress.workers) >= progress.expected
    progress.workers[event["worker"]] = event.get("host") or "an unknown host"
    late = progress.losses or gathered or event["time"] - progress.started > GATHERING
    return f"worker {event['worker']} on {progress.workers[event['worker']]} joined" if late else None


def _lost(progress: Progress, event: dict) -> str:
    host = progress.workers.pop(event["worker"], event.get("host") or "an unknown host")
    progress.losses += 1
    tasks = event.get("tasks") or 0
    handed = f"; {counted(tasks, 'task')} handed to others" if tasks else ""
    return f"worker {event['worker']} on {host} was lost ({event.get('cause') or 'closed'}){handed}"


def _call(progress: Progress, event: dict) -> None:
    progress.function, progress.total, progress.done = event.get("function") or "", event.get("tasks"), 0
    progress.recent = deque([(event["time"], 0)])


def _tasks(progress: Progress, event: dict) -> None:
    progress.done += sum(event["count"])
    recent = progress.recent
    recent.append((event["time"], progress.done))
    while len(recent) > RECENT_MESSAGES and event["time"] - recent[0][0] > RECENT_SECONDS:
        recent.popleft()


def _failed(progress: Progress, event: dict) -> str | None:
    progress.failures += 1
    if progress.failures > FAILURES_TOLD:
        return None
    return f"task {event.get('task')} failed: {event.get('message')}"


def _resumed(progress: Progress, event: dict) -> str:
    progress.done += event["tasks"]
    # Results that were there already say nothing of how fast new ones come.
    progress.recent = deque([(event["time"], progress.done)])
    return f"{counted(event['tasks'], 'result')} taken from the checkpoint"


def _progress(progress: Progress, event: dict) -> None:
    progress.told = (event.get("done"), event.get("total"))
    progress.message = " ".join(str(event.get("message") or "").split())


def _run(progress: Progress, event: dict) -> str | None:
    """Take in that an MPI job's ranks are started, all of them anew."""
    _call(progress, event)
    progress.runs += 1
    progress.failed = 0
    progress.ranks.clear()
    return f"the run starts again ({progress.runs})" if progress.runs > 1 else None


def _rank(progress: Progress, event: dict) -> None:
    progress.ranks[event["worker"]] = event.get("host") or "an unknown host"


def _rank_lost(progress: Progress, event: dict) -> str | None:
    cause = event.get("cause") or "closed"
    if cause == STOPPED:
        return None
    progress.failed += 1
    host = event.get("host") or progress.ranks.get(event["worker"]) or "an unknown host"
    # One rank that fails draws many after it: the first are the ones to look at, and the report has all.
    return f"{event['worker']} {ending(cause, host)}" if progress.failed <= FAILURES_TOLD else None


#: The same for the ranks of an MPI job, where they say something else.
RANK_EVENTS: dict[str, t.Callable[[Progress, dict], str | None]] = {
    "call": _run,
    "join": _rank,
    "lost": _rank_lost,
}

#: Event → what it changes; the words returned are told at once.
EVENTS: dict[str, t.Callable[[Progress, dict], str | None]] = {
    "start": _start,
    "join": _join,
    "lost": _lost,
    "call": _call,
    "tasks": _tasks,
    "failed": _failed,
    "resumed": _resumed,
    "progress": _progress,
}


def follow(progress: Progress, text: str) -> list[str]:
    """Take in lines of the event stream; return what a user should be told at once. Whatever is unknown is left."""
    told = []
    for line in text.splitlines():
        try:
            event = json.loads(line)
            kinds = {**EVENTS, **RANK_EVENTS} if progress.engine == MPI else EVENTS
            words = kinds.get(event["event"], lambda *_: None)(progress, event)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            # The stream is a file of the script's: a line that is none of ours is no reason to stop watching.
            continue
        if words:
            told.append(words)
    return told


def skimmed(text: str) -> str:
    """Return lines of the event stream with no more of each ``tasks`` than its number, which is all that progress is drawn from.

    Short tasks come by the thousand in a second: to send and read all of them would keep a manager and a controller busy.
    """
    lines = text.splitlines(keepends=True)
    for place, line in enumerate(lines):
        if not line.startswith('{"event":"tasks"'):
            continue
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError, OverflowError):
            event = json.loads(line)
            kept = {key: event[key] for key in ("event", "time", "call")}
            lines[place] = json.dumps({**kept, "count": [sum(event["count"])]}) + "\n"
    return "".join(lines)


def rate(progress: Progress, now: float) -> float | None:
    """Return tasks a second, by the clock of the events."""
    # Ranks end together: that some have says nothing of when the others will.
    if len(progress.recent) < 2 or progress.engine == MPI:
        return None
    (first, before), (last, done) = progress.recent[0], progress.recent[-1]
    seconds = max(now, last) - first
    return (done - before) / seconds if seconds > 0 and done > before else None


def seconds_left(progress: Progress, now: float) -> float | None:
    """Return when the present call will be done at the present rate."""
    speed = rate(progress, now)
    if progress.total is None or not speed:
        return None
    return max(0.0, (progress.total - progress.done) / speed)


def share(progress: Progress) -> float | None:
    """Return what is done of what is known to be there, from 0 to 1."""
    counted_tasks = progress.total is not None and progress.engine != MPI
    done, total = (progress.done, progress.total) if counted_tasks else progress.told
    return min(1.0, max(0.0, (done or 0) / total)) if total else None


def clock(seconds: float) -> str:
    """Return seconds as 0:07, 12:34 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def counted(number: int, what: str) -> str:
    """Return "1 task" or "3 tasks"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _ranks(progress: Progress) -> t.Iterator[str]:
    """Yield how the present run of an MPI job stands."""
    total = progress.total if progress.total is not None else progress.expected
    if progress.ranks:
        there, hosts = len(progress.ranks), len(set(progress.ranks.values()))
        yield f"{there:,} of {total:,}" if there < total else f"{there:,}"
        yield f" rank{'' if max(there, total) == 1 else 's'} on {counted(hosts, 'host')}"
    elif progress.runs:
        yield f"starting {counted(total, 'rank')}"
    if progress.done:
        yield f", {progress.done:,} of {max(total, progress.done):,} ended"


def _rank_figures(progress: Progress) -> t.Iterator[str]:
    """Yield what there is to say of an MPI job."""
    if progress.runs:
        yield "".join(_ranks(progress))
    if progress.failed:
        yield f"{progress.failed:,} failed"
    if progress.runs > 1:
        yield f"run {progress.runs}"
    if None not in progress.told:
        yield "{:,} of {:,}".format(*progress.told)
    if progress.message:
        yield progress.message


def _figures(progress: Progress, now: float | None) -> t.Iterator[str]:
    if progress.engine == MPI:
        yield from _rank_figures(progress)
        return
    if progress.total is not None:
        yield f"{progress.done:,} of {counted(progress.total, 'task')}"
    elif progress.done:
        yield counted(progress.done, "task")
    if None not in progress.told:
        yield "{:,} of {:,}".format(*progress.told)
    speed = rate(progress, now) if now else None
    if speed:
        yield f"{speed:.3g}/s" if speed < 1000 else f"{speed:,.0f}/s"
    if progress.workers or progress.losses:
        of = f" of {progress.expected}" if progress.expected > len(progress.workers) else ""
        yield f"{len(progress.workers)}{of} worker{'' if len(progress.workers) == 1 and not of else 's'}"
    if progress.losses:
        yield f"{progress.losses} lost"
    left = seconds_left(progress, now) if now else None
    if left is not None:
        yield f"{clock(left)} left"
    if progress.function:
        yield progress.function
    if progress.message:
        yield progress.message


def plain(progress: Progress, elapsed: float, now: float | None = None) -> str:
    """Return one line for an output that is kept; of a job that has ended without a present moment."""
    return f"{clock(elapsed)}  {', '.join(_figures(progress, now)) or ('running' if now else 'ended')}"


def bar(progress: Progress, elapsed: float, now: float, columns: int, width: int = 24) -> str:
    """Return one line for a terminal of that many columns, to be drawn in place."""
    done = share(progress)
    if done is None:
        # Nothing is known of the end: something still moves, so that one sees that it lives.
        at = int(elapsed) % width
        drawn = "." * at + "=" + "." * (width - at - 1)
    else:
        full = int(done * width)
        drawn = "=" * full + "." * (width - full)
    part = "" if done is None else f" {done:4.0%}"
    line = f"[{drawn}]{part}  {plain(progress, elapsed, now)}"
    return line if len(line) < columns else line[: max(0, columns - 2)] + "…"
