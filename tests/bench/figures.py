"""What is measured, what it has to reach, and the arithmetic and table of it."""

from __future__ import annotations

import csv
import itertools
import json
import statistics
import typing as t
from collections import defaultdict
from collections.abc import Iterable

#: Units. Of the first less is better, of rates more.
SECONDS, RATE, BANDWIDTH = "s", "tasks/s", "MB/s"

#: Both sides' values by the figure's name: {"sleep_13x1": {"ours": [3.1, 3.0], "peer": [3.2, 3.1]}}.
Values = dict[str, dict[str, list[float]]]


class BenchError(Exception):
    """A figure could not be measured."""


class Figure(t.NamedTuple):
    """A figure and its bar: at most so many seconds, at least so many times as good as the peer."""

    name: str
    unit: str
    most: float | None = None
    ratio: float | None = None

    @property
    def bar(self) -> str:
        """The bar in words."""
        parts = [f"≤ {self.most:g} {self.unit}" if self.most else "", f"≥ {self.ratio:g}×" if self.ratio else ""]
        return ", ".join(part for part in parts if part)

    def result(self, ours: list[float], peer: list[float]) -> dict:
        """Return the medians and how many times as good ours is."""
        own, other = statistics.median(ours), statistics.median(peer)
        ratio = other / own if self.unit == SECONDS else own / other
        runs = min(len(ours), len(peer))
        return {
            "name": self.name,
            "ours": round(own, 3),
            "peer": round(other, 3),
            "ratio": round(ratio, 3),
            "unit": self.unit,
            "runs": runs,
        }

    def is_met(self, result: dict) -> bool:
        """Say whether a result reaches the bar."""
        return result["ours"] <= (self.most or result["ours"]) and result["ratio"] >= (self.ratio or 0)


FIGURES = (
    Figure("workers_ready_16", SECONDS, most=1, ratio=10),
    Figure("workers_ready_64", SECONDS, most=2, ratio=10),
    Figure("tasks_empty_clusterApplyLB", RATE, ratio=1),
    Figure("tasks_empty_festival_lapply", RATE, ratio=1.2),
    Figure("tasks_empty_clusterApplyLB_overlay", RATE, ratio=1),
    Figure("tasks_empty_festival_lapply_overlay", RATE, ratio=1.2),
    Figure("tasks_5kB", RATE, ratio=50),
    Figure("tasks_20kB", RATE, ratio=50),
    Figure("tasks_5kB_overlay", RATE, ratio=1),
    Figure("tasks_20kB_overlay", RATE, ratio=1),
    Figure("vector_100MB", SECONDS, ratio=1),
    Figure("sleep_13x1", SECONDS, most=3.2),
    Figure("mpi_start_16", SECONDS, most=5),
    Figure("mpi_ring_bandwidth", BANDWIDTH, ratio=0.8),
    Figure("job_overhead", SECONDS, most=6),
    Figure("warm_rerun", SECONDS, most=15),
    Figure("add_package", SECONDS, most=25),
    Figure("change_festival", SECONDS, most=20),
)


def read_values(texts: Iterable[str]) -> Values:
    """Return the values of lines like ``ours sleep_13x1 3.05``."""
    values: Values = defaultdict(lambda: {"ours": [], "peer": []})
    for line in itertools.chain.from_iterable(text.splitlines() for text in texts):
        side, name, value = line.split()
        values[name][side].append(float(value))
    return values


def mpi_events(text: str, ranks: int, hosts: int) -> list[dict]:
    """Return the events of a job of MPI; raise BenchError unless all its ranks came, on so many hosts."""
    events = [json.loads(line) for line in text.splitlines()]
    places = [event["host"] for event in events if event["event"] == "join"]
    if (len(places), len(set(places))) != (ranks, hosts):
        raise BenchError(f"There were to be {ranks} ranks on {hosts} hosts. There were some on: {', '.join(places)}.")
    return events


def mpirun_seconds(events: list[dict]) -> float:
    """Return the seconds from the call of mpirun until its ranks have ended and what they wrote is in the master."""
    when = {event["event"]: event["time"] for event in events}
    return round(when["done"] - when["call"], 3)


def ring_rates(table: str) -> tuple[float, float]:
    """Return the bandwidths of the largest message in ring.csv, over MPI and over TCP."""
    *_, largest = csv.DictReader(table.splitlines())
    return float(largest["mpi_mb_s"]), float(largest["tcp_mb_s"])


def results_of(values: Values) -> list[dict]:
    """Return the results of all figures of which both sides were measured."""
    both = {name: sides for name, sides in values.items() if sides["ours"] and sides["peer"]}
    return [figure.result(**both[figure.name]) for figure in FIGURES if figure.name in both]


def verdict(figure: Figure, result: dict | None) -> str:
    """Return what the last column says."""
    if result is None:
        return "not measured"
    return "met" if figure.is_met(result) else "MISSED"


def judged(results: list[dict]) -> dict[str, str]:
    """Return the verdict on every figure, by name."""
    found = {result["name"]: result for result in results}
    return {figure.name: verdict(figure, found.get(figure.name)) for figure in FIGURES}


def _readable(number: float) -> str:
    """Return a number with four digits, or with all those before the point. Private."""
    return f"{number:,.0f}" if number >= 1000 else f"{number:.4g}"


def table(results: list[dict]) -> str:
    """Return the results as a table in Markdown, which is also one on a terminal."""
    found = {result["name"]: result for result in results}
    rows = [["figure", "ours", "peer", "unit", "ratio", "runs", "bar", "verdict"]]
    for figure in FIGURES:
        result = found.get(figure.name, {})
        numbers = [_readable(result[key]) if key in result else "" for key in ("ours", "peer", "ratio")]
        rows.append([figure.name, *numbers[:2], figure.unit, numbers[2], str(result.get("runs", "")), figure.bar])
        rows[-1].append(verdict(figure, result or None))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
