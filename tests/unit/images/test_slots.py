"""How many slots a container has and how many cores each, as the container's program works it out."""

from __future__ import annotations

import re
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.slots import Slots

PROGRAM = Path(__file__).parents[3] / "roles" / "images" / "files" / "bin" / "festival-slots"
GB = 1 << 30
THREADS = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}


class Machine(t.NamedTuple):
    """What the program reads of a machine: its cores, its memory, and a container's limits as cgroups of either version have them."""

    root: Path

    def has(self, cores: int, memory: int = GB, **limits: str) -> None:
        """Make it a machine with so many cores and bytes."""
        (self.root / "nproc").write_text(f"#!/bin/sh\necho {cores}\n")
        (self.root / "nproc").chmod(0o755)
        (self.root / "meminfo").write_text(f"MemTotal:       {memory // 1024} kB\nMemFree:        1 kB\n")
        for name, value in limits.items():
            path = self.root / "cgroup" / name.replace("__", "/").replace("_max", ".max")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(value + "\n")

    def tells(self, **environment: str) -> dict[str, int]:
        """Return what is to be exported."""
        text = PROGRAM.read_text(encoding="utf-8")
        for here, there in (("/sys/fs/cgroup", "cgroup"), ("/proc/meminfo", "meminfo"), ("/proc/1/environ", "environ")):
            assert here in text
            text = text.replace(here, str(self.root / there))
        clean = {"PATH": f"{self.root}:/usr/bin:/bin", **environment}
        said = subprocess.run(["bash", "-c", text], env=clean, capture_output=True, text=True, check=True)
        assert said.stderr == ""
        return {name: int(value) for name, value in re.findall(r"^export (\w+)='(\d+)'$", said.stdout, re.MULTILINE)}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "environ").touch()
    return Machine(tmp_path)


@pytest.mark.parametrize(("slots", "share"), [(1, 6), (2, 3), (4, 1), (64, 1)])
def test_a_slot_has_its_share_of_cores_and_at_least_one(machine: Machine, slots: int, share: int) -> None:
    machine.has(6)
    told = machine.tells(FESTIVAL_SLOTS=str(slots))
    assert told == {"FESTIVAL_OWN_SLOTS": slots, **dict.fromkeys({"FESTIVAL_CORES", *THREADS}, share)}


@pytest.mark.parametrize(
    "word", ["auto:1:536870912", "auto:2:536870912", "auto:1:0", "auto:3:1000000000", "auto:9:0", "5"]
)
@pytest.mark.parametrize(
    ("memory", "limits", "counted"),
    [
        (64 * GB, {}, {}),
        (4 * GB, {"cpu_max": "max 100000", "memory_max": "max"}, {}),
        (64 * GB, {"cpu_max": "250000 100000"}, {"NanoCPUs": 2_500_000_000}),
        (64 * GB, {"cpu_max": "50000 100000"}, {"NanoCPUs": 500_000_000}),
        (64 * GB, {"memory_max": str(3 * GB)}, {"MemoryBytes": 3 * GB}),
        (64 * GB, {"cpu__cpu.cfs_quota_us": "400000", "cpu__cpu.cfs_period_us": "100000"}, {"NanoCPUs": 4_000_000_000}),
        (8 * GB, {"cpu__cpu.cfs_quota_us": "-1", "cpu__cpu.cfs_period_us": "100000"}, {}),
        (64 * GB, {"memory__memory.limit_in_bytes": str(2 * GB)}, {"MemoryBytes": 2 * GB}),
        (64 * GB, {"memory__memory.limit_in_bytes": "9223372036854771712"}, {}),
    ],
)
def test_a_container_counts_as_the_manager_does(
    machine: Machine, word: str, memory: int, limits: dict, counted: dict
) -> None:
    machine.has(16, memory, **limits)
    told = machine.tells(FESTIVAL_SLOTS=word)
    assert told["FESTIVAL_OWN_SLOTS"] == Slots.parse(word).on(16.0, memory, counted)
    assert told["FESTIVAL_OWN_SLOTS"] * told["FESTIVAL_CORES"] <= 16 or told["FESTIVAL_CORES"] == 1


def test_what_a_container_was_given_stays(machine: Machine) -> None:
    machine.has(4)
    told = machine.tells(FESTIVAL_SLOTS="1", OMP_NUM_THREADS="7")
    assert (told["OMP_NUM_THREADS"], told["FESTIVAL_CORES"]) == (7, 4)


def test_a_session_of_sshd_knows_what_the_first_process_was_told(machine: Machine) -> None:
    machine.has(4)
    (machine.root / "environ").write_text("A=1\0FESTIVAL_SLOTS=auto:2:0\0MKL_NUM_THREADS=3\0")
    told = machine.tells()
    assert (told["FESTIVAL_OWN_SLOTS"], told["FESTIVAL_CORES"], told["MKL_NUM_THREADS"]) == (2, 1, 3)


def test_without_slots_one_has_all_cores(machine: Machine) -> None:
    machine.has(3)
    assert machine.tells()["FESTIVAL_CORES"] == 3
