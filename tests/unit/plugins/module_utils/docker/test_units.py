"""What people write, in the units that Docker counts in."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.docker.units import resources, to_bytes
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError


@pytest.mark.parametrize(
    ("size", "bytes_"),
    [
        ("512M", 512 << 20),
        ("2G", 2 << 30),
        ("2GiB", 2 << 30),
        ("1.5g", 3 << 29),
        ("64 kb", 64 << 10),
        ("10", 10),
        ("7B", 7),
    ],
)
def test_sizes_are_powers_of_1024(size, bytes_):
    assert to_bytes(size) == bytes_


@pytest.mark.parametrize("size", ["", "M", "2X", "-1G", "two", "1 2M"])
def test_a_size_that_is_none_is_named(size):
    with pytest.raises(FestivalError, match=f"Memory size '{size}' is not a number with unit .* Correct it."):
        to_bytes(size)


@pytest.mark.parametrize(
    ("cpus", "memory", "wanted"),
    [
        (None, None, {"NanoCPUs": 0, "MemoryBytes": 0}),
        (1.5, "", {"NanoCPUs": 1_500_000_000, "MemoryBytes": 0}),
        (2.01, "1M", {"NanoCPUs": 2_010_000_000, "MemoryBytes": 1 << 20}),  # 2.01 * 10^9 is a little less in binary
    ],
)
def test_resources(cpus, memory, wanted):
    assert resources(cpus, memory) == wanted
