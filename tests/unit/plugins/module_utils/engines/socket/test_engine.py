"""The engine ``socket``, as the job and the preflight ask for it."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.engines.socket.engine import Socket
from ansible_collections.alparque.festival.plugins.module_utils.engines.table import engine_named


def test_it_is_found_by_its_name_and_runs_scripts_in_r(tmp_path):
    engine = engine_named("socket")
    assert isinstance(engine, Socket) and engine.takes_workers is True
    (tmp_path / "analysis.R").write_text("1\n", encoding="utf-8")
    assert [*engine.judge_script(tmp_path / "analysis.R"), *engine.judge({})] == []
    assert engine.failure(1, "Error: no guitar\nExecution halted\n").startswith(
        "R ended with exit code 1:\nError: no guitar"
    )
