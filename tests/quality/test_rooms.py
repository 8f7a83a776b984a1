"""The rooms of the house: who imports whom, and that nothing outside of a backend's or an engine's folder asks which one it is."""

from __future__ import annotations

import ast
import re
import typing as t
from collections import defaultdict
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).parents[2]
COLLECTION = "ansible_collections.alparque.festival."

#: So many places may compare a backend's or an engine's name with a word. Each says in a comment why.
MOST = 5
NAMES = "swarm|docker|kubernetes|socket|ssh|mpi|none|redis"
WORD, EQUALS = rf"[\"']({NAMES})[\"']", r"(==|!=|\bin\b|\bis (not )?(eq|ne|in)\b)"
COMPARED = re.compile(
    rf"(backend|engine)\b[^#]{{0,40}}?{EQUALS}\s*[\[({{]*{WORD}"  # … festival_backend | lower == 'swarm'
    rf"|{WORD}\s*{EQUALS}[^#]{{0,40}}?(backend|engine)\b"  # … "mpi" in engine
    rf"|^\s*case\b.*{WORD}|(backend|engine)\b\S*\.startswith\({WORD}",
    re.IGNORECASE,
)


#: Ways to ask it.
ASKING = (
    "when: festival_backend == 'swarm'",
    'if params["engine"] != "none":',
    "when: \"'swarm' == festival_backend\"",
    "when: festival_backend | default('swarm') | lower == 'docker'",
    "when: festival_backend is eq('swarm')",
    'if self._options["engine"] in {"mpi", "ssh"}:',
    'if "mpi" in engine:',
    '    case "swarm":',
    'if engine.name.startswith("mpi"):',
)


def imports_of(path: Path) -> t.Iterator[str]:
    """Yield what a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        # Else a circle of relative ones would not be seen.
        assert not getattr(node, "level", 0), f"{path} imports by a relative name"
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def graph() -> dict[str, set[str]]:
    """Return which of the plugins' files imports which other."""
    paths = (CHECKOUT / "plugins").rglob("*.py")
    files = {COLLECTION + ".".join(path.relative_to(CHECKOUT).with_suffix("").parts): path for path in paths}
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in files.items():
        for imported in imports_of(path):
            target = next((each for each in (imported, imported.rpartition(".")[0]) if each in files), None)
            if target:
                found[name].add(target)
    return found


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """Return one circle of the graph; empty where there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        done.add(name)
        return next(filter(None, (walk(other, [*way, name]) for other in sorted(arrows.get(name, ())))), [])

    return next(filter(None, (walk(name, []) for name in sorted(arrows))), [])


def rooms(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return which room of the logic imports which other: a folder, or a file that stands alone."""
    place = len((COLLECTION + "plugins.module_utils").split("."))
    found: dict[str, set[str]] = defaultdict(set)
    for name, others in arrows.items():
        room = name.split(".")[place]
        found[room] |= {other.split(".")[place] for other in others} - {room}
    return found


def test_neither_files_nor_rooms_import_in_circles() -> None:
    arrows = {name: others for name, others in graph().items() if ".plugins.module_utils." in name}
    assert len(arrows) > 50 and circle(arrows) == [] and circle(rooms(arrows)) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_what_hosts_run_imports_nothing_of_the_controllers_half() -> None:
    assert [
        name
        for name, others in graph().items()
        if ".module_utils." in name
        for other in others
        if ".plugin_utils." in other
    ] == []


def comparisons(folder: Path) -> list[tuple[str, bool]]:
    """Return where a backend's or engine's name is compared with a word, and whether a comment above says why."""
    found = []
    for path in sorted(folder.rglob("*")):
        # Where the checkout lies says nothing: that may be below a folder called engines.
        within = path.relative_to(folder).parts
        if path.suffix not in (".py", ".yml", ".j2", ".R") or {"backends", "engines"} & set(within):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if COMPARED.search(line.partition("#")[0]):
                above = lines[max(0, number - 3) : number + 1]
                found.append((f"{path.relative_to(folder)}:{number + 1}", any("#" in each for each in above)))
    return found


def test_hardly_anything_asks_which_backend_or_engine_it_is(tmp_path: Path) -> None:
    found = [each for part in ("plugins", "roles", "playbooks") for each in comparisons(CHECKOUT / part)]
    assert len(found) <= MOST and all(reason for _, reason in found), found
    here = tmp_path / "engines"
    (here / "backends").mkdir(parents=True)
    (here / "backends" / "c.py").write_text('if backend == "swarm":\n')
    for number, line in enumerate(ASKING):
        (here / f"{number}.py").write_text(f"{line}\n")
    assert [where for where, _ in comparisons(here)] == [f"{number}.py:1" for number in range(len(ASKING))]


def test_each_backend_and_engine_has_what_roles_find_by_its_name() -> None:
    """A test's own ones run without roles, so that this is not seen there: a backend without a row would be taken for swarm."""
    roles, logic = CHECKOUT / "roles", CHECKOUT / "plugins" / "module_utils"
    backends, engines = (
        {path.parent.name for path in logic.glob(f"{kind}s/*/{kind}.py")} for kind in ("backend", "engine")
    )
    named = "{{ festival_backend }}.yml"
    including = [path for path in roles.glob("*/tasks/**/*.yml") if named in path.read_text(encoding="utf-8")]
    files = {
        path.parent / found[1]
        for path in including
        for found in re.finditer(rf"include_tasks: \"(.*){re.escape(named)}\"", path.read_text(encoding="utf-8"))
    }
    assert len(files) >= 4
    assert [(folder, name) for folder in files for name in backends if not (folder / f"{name}.yml").is_file()] == []
    table = yaml.safe_load((roles / "festival" / "vars" / "main.yml").read_text(encoding="utf-8"))[
        "__festival_backends"
    ]
    assert set(table) == backends
    assert {path.name for path in (roles / "images" / "files" / "start").iterdir()} == engines
