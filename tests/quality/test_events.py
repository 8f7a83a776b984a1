"""Events and their views are read by bar, status and report, and by programs that know nothing of Ansible."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
UTILS = "ansible_collections.alparque.festival.plugins.module_utils"
#: Folders of module_utils, and what of the collection each may import.
ALLOWED = {
    "events": ("events",),
    "engines/views": ("events", "engines"),
    "engines": ("events", "engines", "errors", "findings"),
}
#: What tells a job to a reader and must not ask which engine it is of.
TELLING = ("plugins/module_utils/events/", "plugins/plugin_utils/report/", "plugins/plugin_utils/bar.py")

#: Read the events of a file with the view of an engine, by a Python that has nothing but itself and the collection.
READS = """
import sys
sys.path.append(sys.argv[1])
from {utils}.engines.table import view_of
from {utils}.events.reader import read_events
view = view_of(sys.argv[2])
with open(sys.argv[3], "rb") as stream:
    story = read_events(stream, view.story())
assert not [name for name in sys.modules if name.split(".")[0] in ("ansible", "jinja2", "yaml")]
print(*story.progress(), view.report.lede(story, story.seconds))
"""


def imported(text: str) -> t.Iterator[str]:
    """Yield the modules that a file imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


@pytest.mark.parametrize("folder", ALLOWED)
def test_nothing_but_the_standard_library_and_each_other(folder: str, sources: dict[str, str]) -> None:
    files = {name: text for name, text in sources.items() if name.startswith(f"plugins/module_utils/{folder}/")}
    assert files
    rooms = tuple(f"{UTILS}.{room}" for room in ALLOWED[folder])
    found = {
        f"{name}: {module}"
        for name, text in files.items()
        for module in imported(text)
        if not module.startswith(rooms) and module.split(".")[0] not in sys.stdlib_module_names
    }
    assert found == set()


@pytest.mark.parametrize(
    ("engine", "recording", "said"),
    [
        ("socket", "events", "230 230 230 tasks on 10 workers, on 3 hosts"),
        ("mpi", "mpi_events", "12 12 12 ranks on 3 hosts"),
    ],
)
def test_a_program_without_ansible_reads_them(engine: str, recording: str, said: str) -> None:
    recorded = CHECKOUT / "tests" / "unit" / "recorded" / f"{recording}.jsonl"
    command = [sys.executable, "-I", "-S", "-c", READS.format(utils=UTILS), CHECKOUT / ".collections", engine, recorded]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert run.returncode == 0 and run.stdout.startswith(said), run.stderr


def test_who_tells_of_a_job_asks_no_engine_for_its_name(sources: dict[str, str]) -> None:
    names = re.compile(r"""["'](mpi|ssh|socket|redis)["']|\bMPI\b""")
    told = {name: text for name, text in sources.items() if name.startswith(TELLING)}
    assert len(told) > 10
    assert {name: hit[0] for name, text in told.items() if (hit := names.search(text))} == {}
