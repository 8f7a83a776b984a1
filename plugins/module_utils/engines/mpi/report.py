"""The words of the report of an MPI job."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi import tables
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.ranks import RankStory, ending, rank_end
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.runs import (
    first_failure,
    others,
    per_run,
    share,
    told,
)
from ansible_collections.alparque.festival.plugins.module_utils.engines.view import Figure, Incident, Section, Words
from ansible_collections.alparque.festival.plugins.module_utils.events.lanes import Lane
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Bar, Call, Mark
from ansible_collections.alparque.festival.plugins.module_utils.events.words import (
    counted,
    duration,
    size_text,
    times,
)


class RanksReport:
    """Runs of ``mpirun``, and from when to when each of their ranks ran."""

    words = Words(
        one="rank",
        many="ranks",
        busy="running",
        bars="bars",
        calls="runs",
        load="Ranks that ran, over time",
        share="CPU time as a part of the time",
        program="The program",
        output="Output",
        idle="",
        marks={"lost": "the first that failed", "run": "run started again", "restart": "master started again"},
    )

    def facts(self, job: dict, story: RankStory) -> list[tuple[str, t.Any]]:
        """Return the version of MPI, and what was run where."""
        mpi = job.get("mpi") if isinstance(job.get("mpi"), dict) else {}
        per_host = story.ranks_per_host() or mpi.get("ranks_per_host")
        where = [f"{host}: {count}" for host, count in per_host.items()] if isinstance(per_host, dict) else []
        return [
            ("MPI", mpi.get("version")),
            ("ranks", story.peak or mpi.get("ranks")),
            ("ranks per host", ", ".join(where)),
            ("runs", len(story.calls) or mpi.get("runs")),
        ]

    def figures(self, story: RankStory, lanes: list[Lane], elapsed: float) -> list[Figure]:
        """Return the headline figures."""
        found = [Figure("elapsed", duration(elapsed))]
        if story.ranks:
            cpu, many = story.cpu_seconds, len(story.ranks)
            known = sum(rank.cpu is not None for rank in story.ranks)
            of = "of all ranks" if known == many else f"of {known:,} of the {counted(many, 'rank')}"
            part = share(cpu, elapsed * story.peak)
            found += [
                Figure("ranks", f"{story.peak:,}", f"on {counted(len(story.ranks_per_host()), 'host')}"),
                Figure("CPU time", told(cpu, duration), of if known else "no rank could say"),
                Figure("utilisation", told(part, lambda part: f"{part}%"), f"of {story.peak:,} × {duration(elapsed)}"),
            ]
        if any(rank.memory for rank in story.ranks):
            largest = max(story.ranks, key=lambda rank: rank.memory or 0)
            found.append(Figure("most memory", size_text(largest.memory or 0), f"{largest.name} on {largest.host}"))
        if story.calls:
            again = len(story.calls) - 1
            found.append(Figure("runs", str(len(story.calls)), f"{again} after a failure" if again else ""))
        return found

    def lede(self, story: RankStory, elapsed: float) -> str:
        """Say in a sentence or two how it went."""
        if not story.ranks:
            return ""
        cpu, runs = story.cpu_seconds, per_run(story)
        hosts = counted(len(story.ranks_per_host()), "host")
        computed = f", with {duration(cpu)} of CPU time" if cpu is not None else ""
        words = [f"{counted(story.peak, 'rank')} on {hosts} in {duration(elapsed)}{computed}."]
        for run, ranks in runs.items():
            failure = first_failure(ranks)
            if failure:
                words.append(f"In run {run} {failure}." if len(runs) > 1 else f"{failure[0].upper()}{failure[1:]}.")
        last = max(runs)
        if len(runs) > 1 and all(rank.cause == "" for rank in runs[last]):
            words.append(f"Run {last} ended well.")
        restarts = story.count("restart")
        if restarts:
            words.append(f"The master was started again {times(restarts)}.")
        return " ".join(words)

    def incidents(self, story: RankStory) -> list[Incident]:
        """Return what happened in order: failures with what they drew after them, and new runs."""
        found = []
        for mark in story.marks:
            worker = story.workers.get(mark.worker)
            found.append((mark.time, mark.kind, worker.label if worker else "", self.text(mark)))
        for ranks in per_run(story).values():
            after = others(ranks)
            if after and any(rank.first_to_fail for rank in ranks):
                found.append((max(rank.end or 0.0 for rank in ranks), "lost", "", after))
        found.sort(key=lambda incident: incident[0])
        return [Incident(duration(time - story.start), kind, name, text) for time, kind, name, text in found]

    def sections(self, story: RankStory, lanes: list[Lane]) -> list[Section]:
        """Return the tables: the runs, what each host had of them, and every rank."""
        return [tables.runs(story), tables.hosts(story), tables.ranks(story)]

    def no_timeline(self, story: RankStory) -> str:
        """Say why there is nothing to draw; empty where there is."""
        return "" if story.ranks else "The job ended before a rank had started: the log says why."

    def note(self, story: RankStory, together: int) -> str:
        """Say what a bar is."""
        return (
            "Each bar is a rank from its start to its end. Rest the pointer on it to read what it took, and how it ended. "
            "On the right is its CPU time as a part of that time."
        )

    def bands(self, story: RankStory) -> list[tuple[Call, str]]:
        """Return the runs; one alone needs no band."""
        runs = [(call, f"run {number}") for number, call in enumerate(story.calls.values(), 1)]
        return runs if len(runs) > 1 else []

    def sum_up(self, lane: Lane) -> None:
        """Fill in the CPU time of a lane's ranks. With threads it may be more than a clock shows."""
        known = [bar.detail for bar in lane.bars if bar.detail.cpu is not None]
        lane.busy, lane.there = sum(rank.cpu for rank in known), sum(rank.seconds for rank in known)
        lane.utilisation = lane.busy / lane.there if lane.there else 0.0
        lane.marked = any(bar.detail.first_to_fail for bar in lane.bars)

    def title(self, bars: list[Bar], failed: bool) -> str:
        """Say what a rank did."""
        rank = bars[0].detail
        words = [f"{rank.name}, run {rank.run}: {duration(rank.seconds)}"]
        if rank.cpu is not None:
            words.append(f"{duration(rank.cpu)} of CPU time")
        if rank.memory is not None:
            words.append(size_text(rank.memory))
        if rank.cause != "":
            words.append(rank_end(rank))
        return f"{', '.join(words)} · {rank.host}"

    def kinds(self, bars: list[Bar], odd: bool, failed: bool) -> list[str]:
        """Return how a bar looks: what failed, what was stopped, and what only failed because another had."""
        ranks = [bar.detail for bar in bars]
        unended, after = any(rank.unended for rank in ranks), any(rank.failed_after for rank in ranks)
        return [kind for kind, holds in (("failed", failed), ("unended", unended), ("after", after)) if holds]

    def ends(self, story: RankStory) -> dict[str, str]:
        """Return the legend of ranks that did not end well, where there are any."""
        found = {"failed": "ended badly"} if story.failures else {}
        return {**found, **({"unended": "stopped before its end"} if any(rank.unended for rank in story.ranks) else {})}

    def text(self, mark: Mark) -> str:
        """Say what a mark in the timeline is."""
        if mark.kind == "lost":
            return ending(mark.cause, mark.host)
        return f"run {mark.count} was started" if mark.kind == "run" else "the master was started again"
