"""What a job's script is to MPI, by its name and its content, and what the master is told."""

from __future__ import annotations

import json

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.settings import kind_of, settings_for
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

SPMD = "library(Rmpi)\ncat(mpi.comm.rank(), '\\n')\n"


@pytest.fixture
def script(tmp_path):
    """Return a function that writes a script."""

    def write(name: str, content: str | bytes = "") -> object:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.c", "", "c"),
        ("a.C", "", "c++"),
        ("two.words.cpp", "", "c++"),
        ("a.cc", "", "c++"),
        ("a.f90", "", "fortran"),
        ("a.F90", "", "fortran"),
        ("a.for", "", "fortran"),
        ("a.py", "#!/usr/bin/env python3\n", "python"),
        ("a.R", SPMD, "r"),
        ("a.r", "cl <- makeCluster(4, type = 'MPI')\n", "snow"),
        ("a.R", 'cl <- makeCluster(4,\n  type="MPI")\n', "snow"),
        ("a.R", "cl <- getMPIcluster()\n", "snow"),
        ("a.R", "cl <- snow::makeMPIcluster(2)\n", "snow"),
        ("a.R", "cl <- makeCluster(4, type = 'SOCK')\n", "r"),
        ("a.R", b"# caf\xe9 in latin1\n", "r"),
        ("a.out", b"\x7fELF\x02\x01", "program"),
        ("ring", b"#!/bin/sh\n", "program"),
    ],
)
def test_a_script_is_known_by_its_ending_or_its_beginning(script, name, content, kind):
    assert kind_of(script(name, content)) == kind


@pytest.mark.parametrize(("wish", "kind"), [("snow", "snow"), ("spmd", "r"), ("auto", "snow")])
def test_how_r_runs_can_be_wished_and_is_nothing_to_others(script, wish, kind):
    assert kind_of(script("a.R", "cl <- makeCluster(2, type = 'MPI')\n"), wish) == kind
    assert kind_of(script("b.R", SPMD), wish) == ("snow" if wish == "snow" else "r")
    assert kind_of(script("a.py"), wish) == "python"


@pytest.mark.parametrize(("name", "content"), [("notes.txt", "hello"), ("empty", ""), ("a.java", "class A {}")])
def test_what_is_nothing_to_mpi_is_an_error_that_names_what_is(script, name, content):
    with pytest.raises(FestivalError) as caught:
        kind_of(script(name, content))
    assert str(caught.value).startswith(f"job_script is {name}, which is no program")
    assert ".c, .cc, .cpp" in str(caught.value) and "begins with #!" in str(caught.value)


def test_the_same_wishes_are_the_same_text(script):
    path = script("a.R", SPMD)
    text = settings_for(path, {"ranks": 2, "flags": ["-O2"], "r": "auto"}, {"B": 2, "A": "1"})
    assert text == settings_for(path, {"r": "spmd", "flags": ["-O2"], "ranks": 2}, {"A": 1, "B": "2"})
    assert json.loads(text) == {"kind": "r", "ranks": 2, "flags": ["-O2"], "environment": {"A": "1", "B": "2"}}
