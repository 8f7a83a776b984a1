"""What a script becomes: with compilers that only say what they were asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from festival_mpi.launcher.errors import JobError
from festival_mpi.launcher.program import Program, program

COMPILER = """\
#!/bin/sh
grep -q guitar "$1" && { echo "$1:1: error: 'guitar' undeclared" >&2; exit 3; }
grep -q warn "$1" && echo "$1:1: warning: unused" >&2
out=$3; echo "#!$0" "$@" > "$out"; chmod +x "$out"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the job's folder, which has a source."""
    (tmp_path / "bin").mkdir()
    for name in ("mpicc", "mpicxx", "mpifort"):
        (tmp_path / "bin" / name).write_text(COMPILER)
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "script", "compiler"),
    [("c", "two words.c", "mpicc"), ("c++", "sum.v2.cpp", "mpicxx"), ("fortran", "matvec.F90", "mpifort")],
)
def test_a_source_is_compiled_with_the_flags_last(folder, capfd, kind, script, compiler):
    (folder / script).write_text("main")
    made = program(kind, script, ["a b", "-c"], ["-O2", "-lm"])
    path = f"./{script.rpartition('.')[0]}.mpi"
    assert made == Program([path, "a b", "-c"], {}, made=True)
    assert Path(path).read_text() == f"#!{folder}/bin/{compiler} {script} -o {path} -O2 -lm\n"
    assert capfd.readouterr().out == ""
    made.forget()
    assert [entry.name for entry in folder.iterdir() if entry.is_file()] == [script]


def test_what_the_compiler_warns_of_is_printed_with_its_command(folder, capfd):
    (folder / "a.c").write_text("warn")
    program("c", "a.c", [], ["-Wall"])
    assert capfd.readouterr().out == "$ mpicc a.c -o ./a.mpi -Wall\na.c:1: warning: unused\n"


def test_a_source_that_does_not_compile(folder, capfd):
    (folder / "a.c").write_text("guitar")
    with pytest.raises(JobError, match=r"^a.c was not compiled: mpicc ended with exit code 3.$"):
        program("c", "a.c", [], [])
    assert "a.c:1: error: 'guitar' undeclared\n" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("kind", "script", "command"),
    [
        ("python", "pi.py", ["python3", "-m", "mpi4py", "pi.py", "9"]),
        ("r", "a.R", ["Rscript", "--max-connections=1024", "a.R", "9"]),
    ],
)
def test_a_script_is_its_interpreters(kind, script, command):
    assert program(kind, script, ["9"], ["-O2"]) == Program(command, {})


def test_snow_has_its_profile_in_each_rank():
    made = program("snow", "a.R", [], [])
    assert made.command == ["Rscript", "--max-connections=1024", "a.R"]
    [(name, profile)] = made.environment.items()
    assert name == "R_PROFILE" and "RMPISNOWprofile" in Path(profile).read_text()


def test_a_program_can_be_executed_whatever_its_permissions_were(folder):
    (folder / "ring").write_text("#!/bin/sh\n")
    (folder / "ring").chmod(0o600)
    assert program("program", "ring", ["1"], ["-O2"]) == Program(["./ring", "1"], {})
    assert os.access(folder / "ring", os.X_OK)
