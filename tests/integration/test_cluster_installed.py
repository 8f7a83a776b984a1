"""The collection as Galaxy would hand it out: built, installed elsewhere, and run by name from a folder of the user's."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from real_hosts import CHECKOUT, REFERENCE, Lab, run

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    run("ansible-galaxy", "collection", "build", "--output-path", folder, CHECKOUT)
    (built,) = folder.glob("alparque-festival-*.tar.gz")
    return built


def test_archive_has_what_users_need_and_no_more(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        names = set(tar.getnames())
    top = {name.split("/")[0] for name in names}
    assert {"plugins/plugin_utils/report/templates/report.html.j2", "roles/festival/templates/status.j2"} <= names
    assert {"playbooks", "plugins", "roles", "examples", "meta", "README.md"} <= top
    assert not {"Makefile", "molecule", "pyproject.toml", "results", "tests"} & top
    assert [name for name in top if name.startswith(".")] == []


def test_run_by_name(cluster: Lab, archive: Path, tmp_path: Path) -> None:
    """The same inventory, no checkout in sight: the cluster is found as it should be, the job as finished."""
    home = tmp_path / "somewhere else"
    home.mkdir()
    (home / "ansible.cfg").write_text("[connection]\npipelining = True\n", encoding="utf-8")
    user = {"ANSIBLE_CONFIG": str(home / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections")}
    run("ansible-galaxy", "collection", "install", "--offline", "--no-deps", archive, cwd=home, **user)
    playbook = ["alparque.festival.festival", "-e", f"job_script={REFERENCE}"]
    again = run("ansible-playbook", "-i", cluster.inventory, *playbook, cwd=home, **user)
    assert set(again.changed) >= set(cluster.hosts)
    assert not any(again.changed.values())
    assert "7.662232  14.892228  28.978089" in again.output
    assert not (home / "results").exists()
