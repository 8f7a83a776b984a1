"""What the project holds every file against: short, said once, and with nothing in it that belongs to one machine."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import typing as t
from collections import defaultdict
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
LINES_OF_FILE = 300
LINES_OF_FUNCTION = 40
SAME_LINES = 6
#: Each module, plugin and role documents itself in full, as Ansible asks; what says the same is meant to.
DOCUMENTATION = re.compile(r'^(DOCUMENTATION|EXAMPLES|RETURN) = r"""\n.*?^"""$', re.MULTILINE | re.DOTALL)
DOCUMENTING_FILES = ("meta/argument_specs.yml", "meta/main.yml")
#: A comment with these words says why the paragraph below it stands twice.
REASON = "Stands twice:"

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+\W?\s*[A-Za-z0-9+/=]{40}")
OF_ONE_MACHINE = {
    "registry": re.compile(
        r"\b((deb|security|ftp\w*|snapshot)[.]debian|(pypi|files)[.]python\w*|npmjs)[.]org|pypi[.]org"
    ),
    "path": re.compile(r"(?<![\w.}])/(work|Users|opt/pypi)/\w|/home/(?!festival)\w"),
    "private key": PRIVATE_KEY,
}


def test_files_are_short(code: dict[str, str]) -> None:
    long = {name: lines for name, text in code.items() if (lines := text.count("\n")) > LINES_OF_FILE}
    assert long == {}


def functions(text: str) -> t.Iterator[tuple[str, int]]:
    """Yield the name and length of every function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


def test_functions_are_short(code: dict[str, str]) -> None:
    found = {
        f"{name}: {function}": lines
        for name in code
        if name.endswith(".py")
        for function, lines in functions(code[name])
    }
    assert {name: lines for name, lines in found.items() if lines > LINES_OF_FUNCTION} == {}


def said(text: str) -> list[str]:
    """Return the lines that say something: no blank ones, no documentation, no imports, no paragraph with a reason above."""
    lines, excused = [], False
    for line in DOCUMENTATION.sub("", text).splitlines():
        excused = REASON in line or (excused and bool(line.strip()))
        if not excused and line.strip(" -") and not re.match(r"(from|import) ", line):
            lines.append(line.strip())
    return lines


def repeated(texts: dict[str, str]) -> dict[str, list[str]]:
    """Return where the same lines stand more than once."""
    places = defaultdict(set)
    for name, text in texts.items():
        lines = said(text)
        for at in range(len(lines) - SAME_LINES + 1):
            window = "\n".join(lines[at : at + SAME_LINES])
            # Closing brackets and one-word lines are not worth a function of their own.
            if len(window) > 20 * SAME_LINES:
                places[window].add(f"{name}: {at}")
    return {window: sorted(found) for window, found in places.items() if len(found) > 1}


def test_nothing_stands_twice(code: dict[str, str]) -> None:
    assert repeated({name: text for name, text in code.items() if not name.endswith(DOCUMENTING_FILES)}) == {}


def test_repetition_is_found() -> None:
    lines = "\n".join(f"line {number} with something to say" for number in range(SAME_LINES))
    assert len(repeated({"a": lines, "b": f"before\n\n{lines}\nafter"})) == 1
    assert repeated({"a": lines, "b": f"before\n\n# {REASON} to show it\n{lines}\nafter"}) == {}


@pytest.mark.parametrize("what", OF_ONE_MACHINE)
def test_nothing_belongs_to_one_machine(what: str, sources: dict[str, str]) -> None:
    found = [f"{name}: {hit[0]}" for name, text in sources.items() for hit in OF_ONE_MACHINE[what].finditer(text)]
    assert found == []


@pytest.mark.skipif(not (shutil.which("git") and (CHECKOUT / ".git").exists()), reason="no history to look into")
def test_no_private_key_was_ever_committed() -> None:
    command = ["git", "-c", "safe.directory=*", "log", "--all", "--patch", "--no-color", "--text"]
    history = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True).stdout.decode(errors="replace")
    assert not PRIVATE_KEY.search(history)


@pytest.mark.parametrize("indent", ["", "+", "  "])
def test_a_private_key_would_be_found(indent: str, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    lines = (tmp_path / "key").read_text(encoding="utf-8").splitlines()
    assert PRIVATE_KEY.search("\n".join(indent + line for line in lines))
