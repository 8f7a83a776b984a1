"""The tables of an MPI job's report: its runs, its hosts and its ranks. A run alone is not numbered."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.ranks import Rank, RankStory, rank_end
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.runs import (
    UNKNOWN,
    first_failure,
    per_run,
    share,
    told,
    total,
)
from ansible_collections.alparque.festival.plugins.module_utils.engines.view import Cell, Column, Section
from ansible_collections.alparque.festival.plugins.module_utils.events.story import call_end
from ansible_collections.alparque.festival.plugins.module_utils.events.words import duration, natural, size_text

RUN = Column("run", "run", "n")
RUNS = [
    Column("run", "run"),
    Column("began", "began after", "n"),
    Column("seconds", "elapsed", "n"),
    Column("ranks", "ranks", "n"),
    Column("well", "ended well", "n"),
    Column("end", "how it ended"),
]
HOSTS = [
    Column("host", "host", "host"),
    RUN,
    Column("ranks", "ranks", "n"),
    Column("containers", "containers", "n"),
    Column("memory", "memory", "n"),
    Column("cpu", "CPU time", "n"),
    Column("percent", "of the ranks' time", "gauge"),
]
RANKS = [
    Column("name", "rank"),
    RUN,
    Column("host", "host", "host"),
    Column("container", "container", "code"),
    Column("from", "from", "n"),
    Column("to", "to", "n"),
    Column("seconds", "elapsed", "n"),
    Column("cpu", "CPU time", "n"),
    Column("memory", "memory", "n"),
    Column("end", "how it ended"),
]


def _columns(story: RankStory, columns: list[Column]) -> list[Column]:
    return [column for column in columns if column is not RUN or len(story.calls) > 1]


def runs(story: RankStory) -> Section:
    """Return the runs; one alone needs no table."""
    ranks = per_run(story)
    rows = []
    for number, call in enumerate(story.calls.values() if len(story.calls) > 1 else [], 1):
        of = ranks.get(number, [])
        well = sum(rank.cause == "" for rank in of)
        rows.append(
            {
                "run": number,
                "began": duration(call.start - story.start),
                "seconds": duration(max(0.0, call_end(story, call) - call.start)),
                "ranks": f"{len(of):,}",
                "well": f"{well:,}",
                "end": first_failure(of) or ("ended well" if of and well == len(of) else "its end was not told"),
            }
        )
    return Section("runs", "Runs", RUNS, rows)


def hosts(story: RankStory) -> Section:
    """Return what each host had of the ranks of each run."""
    rows = []
    for run, ranks in per_run(story).items():
        for host in sorted({rank.host for rank in ranks}, key=natural):
            there = [rank for rank in ranks if rank.host == host]
            cpu = total(rank.cpu for rank in there)
            rows.append(
                {
                    "run": run,
                    "host": host,
                    "ranks": f"{len(there):,}",
                    "containers": len({rank.container for rank in there if rank.container}) or UNKNOWN,
                    "cpu": told(cpu, duration),
                    "percent": share(cpu, sum(rank.seconds for rank in there if rank.cpu is not None)),
                    "memory": told(total(rank.memory for rank in there), size_text),
                }
            )
    return Section("rank-hosts", "Ranks per host", _columns(story, HOSTS), rows)


def ranks(story: RankStory) -> Section:
    """Return the ranks, run by run."""
    rows = [_rank(rank, story) for rank in sorted(story.ranks, key=lambda rank: (rank.run, rank.number))]
    of = f"each of {len(story.calls)} runs" if len(story.calls) > 1 else "all"
    summary = f"{story.peak} in {of}, from and to counted from the start of the job"
    return Section("ranks", "Ranks", _columns(story, RANKS), rows, False, summary, 32)


def _rank(rank: Rank, story: RankStory) -> dict[str, t.Any]:
    end, note = rank_end(rank), "the first that failed" if rank.first_to_fail else ""
    return {
        "name": rank.name,
        "run": rank.run,
        "host": rank.host,
        "container": rank.container,
        "from": duration(rank.start - story.start),
        "to": UNKNOWN if rank.end is None else duration(rank.end - story.start),
        "seconds": duration(rank.seconds),
        "cpu": told(rank.cpu, duration),
        "memory": told(rank.memory, size_text),
        "end": Cell("", end, note) if rank.failed else Cell(end),
        "marked": rank.first_to_fail,
    }
