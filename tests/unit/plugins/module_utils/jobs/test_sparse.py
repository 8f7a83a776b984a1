"""Where files have data and where holes, and copies that have the same holes."""

import io
import os

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs import sparse

MIB = 1 << 20


@pytest.fixture
def holed(tmp_path):
    """Return a file of five MiB with data in the second and at the very end."""
    path = tmp_path / "holed"
    with path.open("wb") as stream:
        stream.seek(MIB)
        stream.write(os.urandom(MIB))
        stream.seek(5 * MIB - 1)
        stream.write(b"!")
    return path


def test_where_data_is(holed):
    with holed.open("rb") as stream:
        found = sparse.parts(stream.fileno(), 5 * MIB)
        assert found[0] == (MIB, MIB) and sum(found[-1]) == 5 * MIB
        assert sum(length for _, length in found) < 1.1 * MIB
        assert stream.tell() == 0


def test_a_file_without_holes_is_one_part(tmp_path):
    (tmp_path / "plain").write_bytes(os.urandom(MIB))
    (tmp_path / "empty").write_bytes(b"")
    for name, size in (("plain", MIB), ("empty", 0)):
        with (tmp_path / name).open("rb") as stream:
            assert sparse.parts(stream.fileno(), size) == [(0, size)]


def test_a_file_in_very_many_parts_counts_as_one(holed, monkeypatch):
    monkeypatch.setattr(sparse, "PARTS", 2)
    with holed.open("rb") as stream:
        assert sparse.parts(stream.fileno(), 5 * MIB) == [(0, 5 * MIB)]


@pytest.mark.parametrize("end", [0, 1, MIB, 3 * MIB + 7])
def test_a_copy_is_the_same_and_has_holes(tmp_path, end):
    data = os.urandom(MIB) + bytes(2 * MIB) + os.urandom(10) + bytes(end)
    with (tmp_path / "copy").open("xb") as target:
        sparse.copy(io.BytesIO(data), target)
    assert (tmp_path / "copy").read_bytes() == data
    assert sparse.on_disk((tmp_path / "copy").stat()) < 2.2 * MIB
