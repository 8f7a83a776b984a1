"""The table of engines: each is what base.py says, has its start file, and one that there is not is named."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines.base import Engine
from ansible_collections.alparque.festival.plugins.module_utils.engines.table import (
    DEFAULT_ENGINE,
    ENGINES,
    engine_named,
)
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError

START_FILES = Path(__file__).parents[5] / "roles" / "images" / "files" / "start"


def test_the_default_is_the_first():
    assert DEFAULT_ENGINE == "socket" and list(ENGINES) == ["socket", "ssh", "mpi", "none"]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_each_engine_has_all_that_is_asked_for(engine):
    methods = {name: value for name, value in vars(Engine).items() if inspect.isfunction(value) and name[0] != "_"}
    assert methods
    for name, wanted in methods.items():
        found = inspect.signature(getattr(type(engine), name)).parameters
        assert list(found) == list(inspect.signature(wanted).parameters), name
    for name in Engine.__annotations__:
        assert getattr(engine, name) is not None, name


def test_each_engine_has_a_start_file_and_each_start_file_an_engine():
    assert {path.name for path in START_FILES.iterdir()} == set(ENGINES)


def test_an_ending_is_claimed_once_or_by_all_engines_for_r():
    claims = {}
    for engine in ENGINES.values():
        for ending in engine.endings:
            claims.setdefault(ending, set()).add(engine.name)
    assert claims.pop(".r") == set(ENGINES)
    assert claims.pop(".rmd") == claims.pop(".qmd") == set(ENGINES) - {"mpi"}
    assert all(names == {"mpi"} for names in claims.values())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("telepathy", "festival_engine is 'telepathy', which there is not. Set it to socket, ssh, mpi or none."),
        ("redis", "festival_engine is 'redis': not supported yet. Use socket, ssh, mpi or none."),
    ],
)
def test_one_that_there_is_not_is_an_error(name, words):
    with pytest.raises(FestivalError, match=words):
        engine_named(name)
