"""Each file of the logic has a test of its own name in the same place."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
LOGIC = CHECKOUT / "plugins" / "module_utils"
TESTS = CHECKOUT / "tests" / "unit" / "plugins" / "module_utils"


def without_test(logic: Path, tests: Path) -> list[str]:
    """Return the files that have no test of their name."""
    files = [path.relative_to(logic) for path in sorted(logic.rglob("*.py"))]
    return [str(file) for file in files if not (tests / file.parent / f"test_{file.name}").is_file()]


def test_every_file_has_a_test_of_its_name() -> None:
    assert len(list(LOGIC.rglob("*.py"))) > 50
    assert without_test(LOGIC, TESTS) == []


def test_a_missing_one_would_be_found(tmp_path: Path) -> None:
    for path in ("logic/a/x.py", "logic/a/y.py", "tests/a/test_x.py", "tests/test_y.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert without_test(tmp_path / "logic", tmp_path / "tests") == ["a/y.py"]
