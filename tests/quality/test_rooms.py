"""The rooms of the house: who imports whom, and that nothing outside of a backend's or an engine's folder asks which one it is."""

from __future__ import annotations

import ast
import re
import typing as t
from collections import defaultdict
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
COLLECTION = "ansible_collections.alparque.festival."

#: So many places may compare a backend's or an engine's name with a word. Each says in a comment why.
MOST = 5
NAMES = "swarm|docker|kubernetes|socket|ssh|mpi|none|redis"
COMPARED = re.compile(rf"(backend|engine)\b[\w\"'\])(.,]*\s*(==|!=|in|not in)\s*[\[(\"']*({NAMES})\b", re.IGNORECASE)


def imports_of(path: Path) -> t.Iterator[str]:
    """Yield what a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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
        if path.suffix not in (".py", ".yml", ".j2", ".R") or {"backends", "engines"} & set(path.parts):
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
    (tmp_path / "a.yml").write_text("when: festival_backend == 'swarm'\n")
    (tmp_path / "b.py").write_text('if params["engine"] != "none":\n')
    assert [where for where, _ in comparisons(tmp_path)] == ["a.yml:1", "b.py:1"]
