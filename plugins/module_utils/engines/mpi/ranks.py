"""The story of an MPI job: runs of ``mpirun``, and what became of the ranks of each."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.alparque.festival.plugins.module_utils.events.story import (
    UNKNOWN_HOST,
    Bar,
    Call,
    Mark,
    Story,
    Worker,
)
from ansible_collections.alparque.festival.plugins.module_utils.events.values import (
    integers,
    known,
    names,
    numbers,
    word,
)

#: The cause of a rank's end that had none of its own.
STOPPED = "stopped"

#: Causes of ranks that ended badly by themselves; any other is the loss of their container.
OF_ITS_OWN = ("signal ", "exit code ")

#: One rank that fails draws many after it: the first are the ones to look at, and the report has all.
FAILURES_TOLD = 5


@dataclass(eq=False)
class Rank:
    """A rank in one run. CPU time and memory are known of those that could say how they ended."""

    call: Call
    run: int
    #: Where it is among the story's workers: a rank that another host has in a later run is a worker of its own there.
    worker: str
    name: str
    number: int
    host: str
    container: str
    start: float
    end: float | None = None
    #: None until it has ended, and empty where it ended well.
    cause: str | None = None
    cpu: float | None = None
    memory: float | None = None
    #: The first of its run that failed: what the others say after it is mostly that they miss it.
    first_to_fail: bool = False

    @property
    def failed(self) -> bool:
        """It ended badly, and was not merely stopped because another one had."""
        return bool(self.cause) and self.cause != STOPPED

    @property
    def failed_after(self) -> bool:
        """It failed, but not as the first of its run."""
        return self.failed and not self.first_to_fail

    @property
    def unended(self) -> bool:
        """It had not done its work when it was stopped, or when nobody was left to say how it ended."""
        return self.cause is None or self.cause == STOPPED

    @property
    def seconds(self) -> float:
        """From its start to its end."""
        return max(0.0, (self.end or self.start) - self.start)


class RankStory(Story):
    """What happened to the ranks of a job's runs. Of a story without details, ``ranks`` are those of the present run."""

    def __init__(self, detailed: bool = True) -> None:
        super().__init__(detailed)
        self.ranks: list[Rank] = []
        #: Those of the present run by name.
        self.running: dict[str, Rank] = {}
        self.runs = 0
        #: How many of the present run have failed.
        self.failed = 0
        #: The CPU time of all ranks of which it is known.
        self.cpu_seconds: float | None = None
        self._lost = 0

    @property
    def losses(self) -> int:
        """How many ranks went with their container."""
        return self._lost

    def progress(self) -> tuple[int, int | None]:
        """Return how many ranks of the last run ended well, and of how many: each run begins anew."""
        run = next(reversed(self.calls.values()), None)
        return (run.done, run.tasks) if run else (0, None)

    def last_run(self) -> list[Rank]:
        """Return the ranks of the last run that had any."""
        return [rank for rank in self.ranks if rank.run == self.ranks[-1].run]

    def ranks_per_host(self) -> dict[str, int]:
        """Return how many ranks of the last run each host has."""
        hosts = [rank.host for rank in self.last_run()]
        return {host: hosts.count(host) for host in sorted(set(hosts))}

    def part(self, time: float) -> None:
        """Let everybody leave of whom nobody was left to say when."""
        super().part(time)
        for rank in self.running.values():
            if rank.end is None:
                self._end(rank, time)
        self.running = {}
        self.failed = 0

    def on_call(self, event: dict, time: float) -> None:
        """A run begins, all its ranks anew."""
        self.part(time)
        super().on_call(event, time)
        self.runs += 1
        if self.runs > 1:
            self.note(Mark("run", time, count=self.runs), news=True)

    def on_join(self, event: dict, time: float) -> None:
        """A rank is started."""
        self._rank(word(event["worker"]), event, time)

    def on_lost(self, event: dict, time: float) -> None:
        """A rank has ended badly."""
        cause = word(event.get("cause") or "no cause told")
        # Of one that was lost with its container nobody knows what it used.
        (cpu,), (memory,) = (known(event.get(key), 1) for key in ("cpu", "memory"))
        rank = self._rank(word(event["worker"]), event, time)
        if rank.end is not None:
            return
        rank.cpu, rank.memory = cpu, memory
        self._end(rank, time, cause)
        if rank.failed:
            self._fail(rank, time)

    def _fail(self, rank: Rank, time: float) -> None:
        self.failed += 1
        self._lost += not (rank.cause or "").startswith(OF_ITS_OWN)
        rank.first_to_fail = self.failed == 1
        mark = Mark("failed", time, rank.worker, rank.host, rank.cause or "", rank.call, rank.number + 1, 1)
        if rank.first_to_fail:
            self.note(mark._replace(kind="lost"))
        self.note(mark, news=self.failed <= FAILURES_TOLD)

    def on_tasks(self, event: dict, time: float) -> None:
        """Ranks have ended well; condensed, the event has only how many."""
        if "worker" not in event:
            if self.call:
                self.call.done += sum(integers(event["count"]))
            return
        workers, starts, ends = names(event["worker"]), numbers(event["start"]), numbers(event["end"])
        cpu, memory = (known(event.get(key), len(workers)) for key in ("cpu", "memory"))
        for name, start, end, seconds, size in zip(workers, starts, ends, cpu, memory):
            rank = self._rank(word(name), {}, start)
            if rank.end is None:
                rank.start, rank.cpu, rank.memory = start, seconds, size
                self._end(rank, end, "")
                rank.call.done += 1
                self.see(start, rank.end or end)

    def _rank(self, name: str, event: dict, time: float) -> Rank:
        """Return a rank of the present run, which may be news. Private."""
        if name in self.running:
            return self.running[name]
        of = int(name.rpartition(" ")[2])
        worker = self._worker_of(name, word(event.get("host") or UNKNOWN_HOST))
        call = next(reversed(self.calls.values()), None) or self.call_of(1.0, time)
        rank = Rank(
            call, max(1, self.runs), worker.name, name, of, worker.host, word(event.get("container") or ""), time
        )
        self.come(worker, time)
        if not self.detailed and self.ranks and self.ranks[0].run != rank.run:
            self.ranks.clear()
        self.ranks.append(rank)
        self.running[name] = rank
        self.peak = max(self.peak, len(self.running))
        return rank

    def _worker_of(self, name: str, host: str) -> Worker:
        """Return the worker that a rank is in the timeline: where it was before, if it is there again. Private."""
        before = self.workers.get(name)
        worker = self.worker(f"{name} on {host}" if before and before.host != host else name)
        worker.host, worker.label = host, name
        return worker

    def _end(self, rank: Rank, time: float, cause: str | None = None) -> None:
        rank.end, rank.cause = max(time, rank.start), cause
        worker = self.workers[rank.worker]
        self.leave(worker, rank.end)
        worker.lost = rank.failed
        if rank.cpu is not None:
            self.cpu_seconds = (self.cpu_seconds or 0.0) + rank.cpu
        if self.detailed:
            self.bars.append(Bar(rank.start, rank.end, worker.name, rank.call, rank.number + 1, 1, 1, rank))


def ending(cause: str, host: str = "") -> str:
    """Say how a rank came to a bad end."""
    kind, _, code = cause.rpartition(" ")
    if cause == STOPPED:
        words = "was stopped because another had failed"
    elif kind == "signal":
        words = f"ended by signal {code}"
    elif kind == "exit code":
        words = f"ended with exit code {code}"
    else:
        words = f"was lost with its container ({cause or 'no cause told'})"
    return f"on {host} {words}" if host else words


def rank_end(rank: Rank) -> str:
    """Say how a rank ended, well or badly."""
    if rank.cause is None:
        return "its end was not told"
    return ending(rank.cause) if rank.cause else "ended well"
