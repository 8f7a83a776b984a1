"""The bench's arithmetic: medians, ratios, bars and the table."""

from __future__ import annotations

import json

import pytest
from ansible_collections.alparque.festival.tests.bench import figures
from ansible_collections.alparque.festival.tests.bench.figures import (
    BANDWIDTH,
    FIGURES,
    RATE,
    SECONDS,
    BenchError,
    Figure,
)


def test_seconds_are_better_when_fewer() -> None:
    assert Figure("ready", SECONDS).result([0.5, 9, 0.4], [10, 12, 11]) == {
        "name": "ready",
        "ours": 0.5,
        "peer": 11,
        "ratio": 22,
        "unit": "s",
        "runs": 3,
    }


def test_rates_are_better_when_higher() -> None:
    result = Figure("tasks", RATE).result([300, 100, 200], [50, 50])
    assert (result["ours"], result["ratio"], result["runs"]) == (200, 4, 2)


@pytest.mark.parametrize(
    ("figure", "ours", "peer", "met"),
    [
        (Figure("both", SECONDS, most=1, ratio=10), 1, 10, True),
        (Figure("too slow", SECONDS, most=1, ratio=10), 1.1, 20, False),
        (Figure("too near", SECONDS, most=1, ratio=10), 1, 9, False),
        (Figure("only seconds", SECONDS, most=6), 6, 1, True),
        (Figure("only ratio", RATE, ratio=1.2), 12, 10, True),
        (Figure("lower rate", RATE, ratio=1.2), 11, 10, False),
        (Figure("nearly as good", BANDWIDTH, ratio=0.8), 8, 10, True),
        (Figure("not as good", BANDWIDTH, ratio=0.8), 7.9, 10, False),
    ],
)
def test_bars(figure: Figure, ours: float, peer: float, met: bool) -> None:
    assert figure.is_met(figure.result([ours], [peer])) is met


def test_values_of_all_files_are_put_together() -> None:
    values = figures.read_values(["ours a 1\npeer a 2\n", "ours a 3 \nours b 4\n"])
    assert values == {"a": {"ours": [1, 3], "peer": [2]}, "b": {"ours": [4], "peer": []}}


def test_table_shows_what_was_missed_and_what_is_missing() -> None:
    both = {"ours": [16.0], "peer": [19.0]}
    results = figures.results_of({"warm_rerun": both, "job_overhead": {"ours": [1.0], "peer": []}})
    assert [result["name"] for result in results] == ["warm_rerun"]
    lines = figures.table(results).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == len(FIGURES) + 2
    verdicts = figures.judged(results)
    assert (verdicts["warm_rerun"], verdicts["job_overhead"]) == ("MISSED", "not measured")
    (line,) = [line for line in lines if "warm_rerun" in line]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == ["warm_rerun", "16", "19", "s", "1.188", "1", "≤ 15 s", "MISSED"]


def test_every_figure_has_a_bar() -> None:
    assert [figure.name for figure in FIGURES if not figure.bar] == []


def events(*places: str) -> str:
    """Return the events of a run with a rank in each of these places."""
    joins = [{"event": "join", "time": 101 + n, "worker": f"rank {n}", "host": host} for n, host in enumerate(places)]
    around = [{"event": "start", "time": 90}, {"event": "call", "time": 100.25, "call": 1}]
    ends = [{"event": "done", "time": 110.5, "call": 1}, {"event": "end", "time": 120}]
    return "".join(json.dumps(event) + "\n" for event in [*around, *joins, *ends])


def test_start_is_from_call_to_done() -> None:
    told = figures.mpi_events(events("mana", "caifanes", "mana"), ranks=3, hosts=2)
    assert figures.mpirun_seconds(told) == 10.25


@pytest.mark.parametrize(("ranks", "hosts"), [(4, 2), (2, 2), (3, 3), (3, 1)])
def test_ranks_elsewhere_are_no_measurement(ranks: int, hosts: int) -> None:
    with pytest.raises(BenchError, match=f"to be {ranks} ranks on {hosts} hosts. .* on: mana, caifanes, mana"):
        figures.mpi_events(events("mana", "caifanes", "mana"), ranks, hosts)


def test_bandwidth_is_that_of_the_largest_message() -> None:
    table = "bytes,latency_us,mpi_mb_s,tcp_mb_s,ratio\n8,31.6,0.25,0.17,1.47\n67108864,46290.5,1449.7,1287.5,1.126\n"
    assert figures.ring_rates(table) == (1449.7, 1287.5)
