"""What R says of itself is taken as far as it can be right."""

from __future__ import annotations

import json

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.session import SESSION_BYTES, session_of

R = {"r": "4.5.0", "platform": "x86_64-pc-linux-gnu", "packages": {"snow": "0.4-4"}}
MPI = {"mpi": {"version": "Open MPI 5.0.7", "ranks": 12, "ranks_per_host": {"mana": 12}, "runs": 1}}


@pytest.mark.parametrize("said", [R, MPI, {**R, **MPI}, {}])
def test_what_is_as_it_should_be_is_taken_as_it_is(said):
    assert session_of(json.dumps({**said, "news": 1}).encode()) == said


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"rubbish",
        b"\xff",
        b"null",
        b"7",
        b"[1]",
        b"[" * 200_000,
        b'{"r":' * 200_000,
        b'{"r": "' + b"x" * SESSION_BYTES + b'"}',
        b'{"r": 7, "platform": null, "packages": ["snow"], "mpi": "yes"}',
        b'{"packages": {"snow": 1}, "r": {"a": 1}, "mpi": []}',
        json.dumps({"packages": {str(number): "1" for number in range(6000)}}).encode(),
    ],
)
def test_what_is_not_is_left_out(text):
    assert session_of(text) == {}


def test_a_part_that_is_wrong_takes_nothing_from_the_others():
    mpi = {"version": 5, "ranks": True, "ranks_per_host": {"mana": -1}, "runs": 2}
    assert session_of(json.dumps({**R, "packages": 7, "mpi": mpi}).encode()) == {
        "r": R["r"],
        "platform": R["platform"],
        "mpi": {"runs": 2},
    }


def test_text_is_one_short_line_of_plain_utf8():
    said = session_of(json.dumps({"r": "4.5\n\x1b[2J\ud800", "platform": "x" * 10**5}).encode())
    assert said["r"] == r"4.5\n\u001b[2J\ud800" and said["platform"] == "x" * 200


def test_a_number_of_a_million_digits_costs_nothing():
    assert session_of(b'{"r": "4", "mpi": {"ranks": ' + b"9" * 900_000 + b"}}") == {"r": "4", "mpi": {}}
