from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils import files


def mode(path):
    return path.stat().st_mode & 0o7777


def test_writes_once_and_makes_the_folder(tmp_path):
    path = tmp_path / "a" / "b" / "key"
    assert files.read(path) is None
    assert files.write(path, b"text", 0o600)
    assert (files.read(path), mode(path)) == (b"text", 0o600)
    assert not files.write(path, b"text", 0o600)


@pytest.mark.parametrize(("data", "wanted"), [(b"other", 0o600), (b"text", 0o644)])
def test_another_text_or_mode_is_a_change(tmp_path, data, wanted):
    path = tmp_path / "key"
    files.write(path, b"text", 0o600)
    assert files.write(path, data, wanted)
    assert (path.read_bytes(), mode(path)) == (data, wanted)


def test_a_failed_write_leaves_nothing(tmp_path):
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "inside").touch()
    with pytest.raises(OSError):
        files.write(folder, b"text", 0o600)
    assert list(tmp_path.iterdir()) == [folder]
