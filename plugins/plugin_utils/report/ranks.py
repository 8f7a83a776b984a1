"""The figures, sentences and tables of an MPI job's report: its runs and their ranks."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.events.measures import (
    duration,
    natural,
    plural,
    size_text,
)
from ansible_collections.alparque.festival.plugins.module_utils.events.story import (
    STOPPED,
    Rank,
    Story,
    call_end,
    ending,
    rank_end,
)

UNKNOWN = "–"


def per_run(story: Story) -> dict[int, list[Rank]]:
    """Return the ranks of each run that had any."""
    found: dict[int, list[Rank]] = {}
    for rank in story.ranks:
        found.setdefault(rank.run, []).append(rank)
    return found


def _total(values: t.Iterable[float | None]) -> float | None:
    """Return a sum of what is known, or None where nothing is. Private."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _told(value: float | None, words: t.Callable[[float], str]) -> str:
    """Return a value in words, or that it is not known. Private."""
    return UNKNOWN if value is None else words(value)


def _share(cpu: float | None, seconds: float) -> int | None:
    """Return CPU time in percent of a time. Private."""
    return round(100 * cpu / seconds) if cpu is not None and seconds else None


def figures(story: Story, elapsed: float) -> list[dict[str, str]]:
    """Return the report's headline figures."""
    found = [("elapsed", duration(elapsed), "")]
    if story.ranks:
        hosts, cpu = len(story.ranks_per_host()), story.cpu_seconds()
        found.append(("ranks", f"{story.peak:,}", f"on {plural(hosts, 'host')}"))
        known = sum(rank.cpu is not None for rank in story.ranks)
        of = "of all ranks" if known == len(story.ranks) else f"of {known:,} of the {plural(len(story.ranks), 'rank')}"
        found.append(("CPU time", _told(cpu, duration), of if known else "no rank could say"))
        share = _share(cpu, elapsed * story.peak)
        found.append(("utilisation", _told(share, lambda part: f"{part}%"), f"of {story.peak:,} × {duration(elapsed)}"))
    if any(rank.memory for rank in story.ranks):
        largest = max(story.ranks, key=lambda rank: rank.memory or 0)
        found.append(("most memory", size_text(largest.memory or 0), f"{largest.name} on {largest.host}"))
    if story.calls:
        again = len(story.calls) - 1
        found.append(("runs", str(len(story.calls)), f"{again} after a failure" if again else ""))
    return [{"label": label, "value": value, "note": note} for label, value, note in found]


def first_failure(ranks: list[Rank]) -> str:
    """Say which rank of a run failed first, and what became of the others; empty where none did."""
    first = next((rank for rank in ranks if rank.first_to_fail), None)
    if not first:
        return ""
    others = _others(ranks)
    return f"{first.name} {ending(first.cause or '', first.host)} after {duration(first.seconds)}" + (
        f"; {others}" if others else ""
    )


def _others(ranks: list[Rank]) -> str:
    """Say what became of the ranks of a run of which one failed. Private."""
    failed = sum(rank.failed_after for rank in ranks)
    stopped = sum(rank.cause == STOPPED for rank in ranks)
    were = f"{'was' if stopped == 1 else 'were'} stopped"
    if not failed:
        return f"{plural(stopped, 'other rank')} {were}" if stopped else ""
    return f"{plural(failed, 'other rank')} failed after it" + (f" and {stopped:,} {were}" if stopped else "")


def lede(story: Story, elapsed: float) -> str:
    """Say in a sentence or two how it went."""
    if not story.ranks:
        return ""
    cpu, runs = story.cpu_seconds(), per_run(story)
    hosts = plural(len(story.ranks_per_host()), "host")
    computed = f", with {duration(cpu)} of CPU time" if cpu is not None else ""
    words = [f"{plural(story.peak, 'rank')} on {hosts} in {duration(elapsed)}{computed}."]
    for run, ranks in runs.items():
        failure = first_failure(ranks)
        if failure:
            words.append(f"In run {run} {failure}." if len(runs) > 1 else f"{failure[0].upper()}{failure[1:]}.")
    last = max(runs)
    if len(runs) > 1 and all(rank.cause == "" for rank in runs[last]):
        words.append(f"Run {last} ended well.")
    restarts = story.count("restart")
    if restarts:
        words.append(f"The master was started again {'once' if restarts == 1 else f'{restarts} times'}.")
    return " ".join(words)


def runs(story: Story) -> list[dict[str, t.Any]]:
    """Return the rows of the table of runs; a run alone needs none."""
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
    return rows


def hosts(story: Story, hues: dict[str, int]) -> list[dict[str, t.Any]]:
    """Return the rows of the table of ranks per host, run by run."""
    rows = []
    for run, ranks in per_run(story).items():
        for host in sorted({rank.host for rank in ranks}, key=natural):
            there = [rank for rank in ranks if rank.host == host]
            known = [rank for rank in there if rank.cpu is not None]
            cpu = _total(rank.cpu for rank in there)
            rows.append(
                {
                    "run": run,
                    "host": host,
                    "hue": hues.get(host, 0),
                    "ranks": f"{len(there):,}",
                    "containers": len({rank.container for rank in there if rank.container}) or UNKNOWN,
                    "cpu": _told(cpu, duration),
                    "percent": _share(cpu, sum(rank.seconds for rank in known)),
                    "memory": _told(_total(rank.memory for rank in there), size_text),
                }
            )
    return rows


def ranks(story: Story, hues: dict[str, int]) -> list[dict[str, t.Any]]:
    """Return the rows of the table of ranks, run by run."""
    return [
        {
            "name": rank.name,
            "run": rank.run,
            "host": rank.host,
            "hue": hues.get(rank.host, 0),
            "container": rank.container,
            "from": duration(rank.start - story.start),
            "to": UNKNOWN if rank.end is None else duration(rank.end - story.start),
            "seconds": duration(rank.seconds),
            "cpu": _told(rank.cpu, duration),
            "memory": _told(rank.memory, size_text),
            "end": rank_end(rank),
            "failed": rank.failed,
            "first": rank.first_to_fail,
        }
        for rank in sorted(story.ranks, key=lambda rank: (rank.run, rank.number))
    ]


def incidents(story: Story) -> list[dict[str, t.Any]]:
    """Return what happened in order: failures with what they drew after them, and new runs."""
    found = []
    for mark in story.marks:
        worker = story.workers.get(mark.worker)
        found.append((mark.time, mark.kind, worker.label if worker else "", mark.text))
    for ranks_of_run in per_run(story).values():
        others = _others(ranks_of_run)
        if others and any(rank.first_to_fail for rank in ranks_of_run):
            found.append((max(rank.end or 0.0 for rank in ranks_of_run), "lost", "", others))
    found.sort(key=lambda incident: incident[0])
    return [
        {"time": duration(time - story.start), "kind": kind, "worker": name, "text": text}
        for time, kind, name, text in found
    ]


def rank_title(rank: Rank) -> str:
    """Say what a rank did, for whoever rests the pointer on it."""
    words = [f"{rank.name}, run {rank.run}: {duration(rank.seconds)}"]
    if rank.cpu is not None:
        words.append(f"{duration(rank.cpu)} of CPU time")
    if rank.memory is not None:
        words.append(size_text(rank.memory))
    if rank.cause != "":
        words.append(rank_end(rank))
    return f"{', '.join(words)} · {rank.host}"


def no_timeline(story: Story) -> str:
    """Say why there is nothing to draw; empty where there is."""
    return "" if story.ranks else "The job ended before a rank had started: the log says why."


def facts(job: dict, story: Story) -> list[tuple[str, t.Any]]:
    """Return what only MPI jobs have, as pairs of a word and a value."""
    mpi = job.get("mpi") if isinstance(job.get("mpi"), dict) else {}
    per_host = story.ranks_per_host() or mpi.get("ranks_per_host")
    told = [f"{host}: {count}" for host, count in per_host.items()] if isinstance(per_host, dict) else []
    return [
        ("MPI", mpi.get("version")),
        ("ranks", story.peak or mpi.get("ranks")),
        ("ranks per host", ", ".join(told)),
        ("runs", len(story.calls) or mpi.get("runs")),
    ]
