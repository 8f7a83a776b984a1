"""The cluster's keys and its pools' tokens as files, and an engine whose containers mount them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.modules.cluster_keys import have_keys


@pytest.fixture
def files(engine, tmp_path):
    folder = tmp_path / "trust"

    def run(version=1, check=False, uid=2000, pool=None):
        params = {
            "backend": "docker",
            "prefix": "festival",
            "directory": str(folder),
            "version": version,
            "uid": uid,
        }
        return have_keys(engine, {"state": "present", **params, "pool": pool}, check)

    run.folder = folder
    return run


def test_files_are_made_once(files):
    assert files(check=True)["changed"] and not files.folder.exists()
    first, again = files(), files()
    assert (first["changed"], again["changed"]) == (True, False)
    assert first["objects"] == again["objects"] and first["fingerprint"] == again["fingerprint"]
    assert "PRIVATE" not in str([first, again])
    for found in first["objects"].values():
        status = Path(found["path"]).stat()
        assert (status.st_mode & 0o7777, status.st_uid) == (0o400, 2000)


def test_another_owner_keeps_the_keys(files):
    first = files()
    assert files(uid=1999, check=True)["changed"]
    moved = files(uid=1999)
    assert moved["changed"] and moved["fingerprint"] == first["fingerprint"]
    assert not files(uid=1999)["changed"]


@pytest.mark.parametrize("text", [None, "nonsense", "ssh-ed25519 AAAA other"])
def test_a_broken_set_of_files_is_made_anew(files, text):
    path = Path(files()["objects"]["authorized_keys"]["path"])
    path.unlink()
    if text:
        path.write_text(text)
    assert files()["changed"]
    assert not files()["changed"]


def test_a_token_is_a_file_of_its_own(files):
    first = files(pool="festival-pool")
    path = Path(first["objects"]["token"]["path"])
    token = path.read_text()
    assert path == files.folder / "pools" / "festival-pool" / "v1" / "token"
    assert len(bytes.fromhex(token)) == 32 and token not in str(first)
    assert (path.stat().st_mode & 0o7777, path.stat().st_uid) == (0o400, 2000)
    assert not files(pool="festival-pool")["changed"] and path.read_text() == token
    other = Path(files(pool="other")["objects"]["token"]["path"])
    assert other.read_text() != token == path.read_text()
    path.write_text("nonsense")
    assert "is not 64 hex digits" in files(pool="festival-pool", check=True)["diff"]["before"]
    assert files(pool="festival-pool")["fingerprint"] == first["fingerprint"]
    assert files(2, pool="festival-pool")["removed"] == [1] and not path.exists() and other.exists()


def test_rotation_removes_the_old_folder(files):
    files(1)
    assert files(2)["removed"] == [1]
    assert [path.name for path in files.folder.iterdir()] == ["v2"]


def test_files_of_a_container_are_left(files, engine):
    made = files(1)
    engine.import_image_from_data(_empty_tar(), repository="empty", tag="latest")
    binds = [f"{made['objects']['ssh_key']['path']}:/run/secrets/festival_ssh_key:ro"]
    config = engine.create_host_config(binds=binds, network_mode="none")
    container = engine.create_container("empty", ["nothing"], name="duarte", host_config=config)
    assert files(2)["old"] == {"1": ["container duarte"]}
    engine.remove_container(container["Id"])
    assert files(2)["removed"] == [1]


def _empty_tar():
    return b"\0" * 10240
