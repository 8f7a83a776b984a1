"""How many R workers a container runs."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.slots import Slots, planned

GB = 1 << 30


@pytest.mark.parametrize(
    ("wanted", "memory", "containers", "hosts", "word"),
    [
        ("4", "512M", 3, 3, "4"),
        ("auto", "512M", 3, 3, "auto:1:536870912"),
        ("auto", "", 4, 3, "auto:2:0"),
        ("auto", "0", 1, 0, "auto:1:0"),
        ("auto", "2G", 150, 3, "auto:50:2147483648"),
    ],
)
def test_what_is_asked_for_is_one_word(wanted: str, memory: str, containers: int, hosts: int, word: str) -> None:
    slots = planned(wanted, memory, containers, hosts)
    assert str(slots) == word and Slots.parse(word) == slots
    assert str(slots.shown) == wanted


@pytest.mark.parametrize("wrong", ["0", "129", "-1", "many", "1.5", "", "auto:1:0"])
def test_what_is_no_number_of_slots(wrong: str) -> None:
    with pytest.raises(FestivalError, match="from 1 to 128, or auto"):
        planned(wrong, "512M", 1, 1)


@pytest.mark.parametrize(
    ("word", "cores", "memory", "limits", "slots"),
    [
        ("7", 1, GB, {"NanoCPUs": 10**9}, 7),
        ("auto:1:536870912", 16, 64 * GB, {}, 16),
        ("auto:2:536870912", 16, 64 * GB, {}, 8),
        ("auto:3:536870912", 16, 64 * GB, {}, 5),
        ("auto:1:4294967296", 16, 15 * GB, {}, 3),
        ("auto:2:4294967296", 16, 15 * GB, {}, 1),
        ("auto:1:0", 16, GB, {}, 16),
        ("auto:1:536870912", 16, 64 * GB, {"NanoCPUs": 2_500_000_000}, 2),
        ("auto:1:536870912", 16, 64 * GB, {"NanoCPUs": 500_000_000}, 1),
        ("auto:1:536870912", 16, 64 * GB, {"MemoryBytes": GB}, 2),
        ("auto:1:536870912", 16, 64 * GB, {"NanoCPUs": 0, "MemoryBytes": 0}, 16),
        ("auto:5:536870912", 2, GB, {}, 1),
        ("auto:1:0", 256, 64 * GB, {}, 128),
        ("auto:1:536870912", None, None, {}, 1),
    ],
)
def test_as_many_as_a_host_has_cores_and_memory_for(
    word: str, cores: float | None, memory: int | None, limits: dict, slots: int
) -> None:
    assert Slots.parse(word).on(cores, memory, limits) == slots
