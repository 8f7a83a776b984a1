"""What the user puts into the images: said in check mode, built once, and told when it cannot be."""

from __future__ import annotations

import io
import tarfile
import typing as t
from pathlib import Path

import pytest
from real_hosts import Lab

pytestmark = pytest.mark.cluster

PACKAGE = {
    "DESCRIPTION": "Package: anthem\nVersion: 1.0\nTitle: A Song\nLicense: MIT\nAuthor: A\nMaintainer: A <a@example.org>\n"
    "Description: Sings.\nNeedsCompilation: no\n",
    "NAMESPACE": "export(sing)\n",
    "R/sing.R": 'sing <- function() "oye mi amor"\n',
}


def test_check_run_says_what_would_be_built(cluster: Lab) -> None:
    before = cluster.images()
    checked = cluster.play("images", "--check", "-v", images_r_packages=["data.table"])
    assert checked.changed[cluster.manager] == 1
    assert checked.output.count("state: to build") == 3
    assert cluster.images() == before


def test_package_that_is_not_there(cluster: Lab) -> None:
    before = cluster.images(), cluster.containers()
    failed = cluster.play("images", images_apt_packages=["libnosuchthing-dev"], fails=True)
    assert "Failing step: Step" in failed.said
    assert "Unable to locate package libnosuchthing-dev" in failed.said
    assert (cluster.images(), cluster.containers()) == before


def test_r_package_that_is_not_there(cluster: Lab) -> None:
    failed = cluster.play("images", images_r_packages=["nosuchthing"], fails=True)
    assert "R package(s) nosuchthing: Debian has none of that name. Correct images_r_packages, or set" in failed.said


def test_r_that_is_too_old(cluster: Lab) -> None:
    failed = cluster.play("images", images_base="debian:bookworm", fails=True)
    assert "The image has R 4.2.2, and festival needs 4.5 or newer. Set images_base to debian:trixie or" in failed.said


@pytest.fixture
def mirror(cluster: Lab, tmp_path: Path) -> t.Iterator[str]:
    """Return the address of a CRAN that has one package, served by the manager."""
    folder = tmp_path / "cran" / "src" / "contrib"
    folder.mkdir(parents=True)
    (folder / "PACKAGES").write_text("Package: anthem\nVersion: 1.0\nNeedsCompilation: no\n", encoding="utf-8")
    with tarfile.open(folder / "anthem_1.0.tar.gz", "w:gz") as tar:
        for name, text in PACKAGE.items():
            entry = tarfile.TarInfo(f"anthem/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    cluster.give(cluster.manager, tmp_path / "cran", "/srv/cran")
    serve = ["python3", "-m", "http.server", "8000", "--directory", "/srv/cran"]
    cluster.host(cluster.manager, "systemd-run", "--unit=cran", *serve)
    yield f"http://{cluster.address(cluster.manager)}:8000"
    cluster.host(cluster.manager, "systemctl", "stop", "cran")


def test_r_package_of_a_mirror(cluster: Lab, mirror: str) -> None:
    """Packages from the mirror are installed from source and load; Debian's come from Debian as before."""
    built = cluster.play("images", "-v", images_r_packages=["anthem"], images_cran_mirror=mirror)
    assert built.output.count("state: built") == 3
    newest = cluster.host(cluster.manager, "docker", "images", "-q", "festival/master").split()[0]
    sung = [
        "docker",
        "run",
        "--rm",
        "--entrypoint",
        "Rscript",
        newest,
        "-e",
        "cat(anthem::sing(), nchar(find.package('snow')) > 0)",
    ]
    assert cluster.host(cluster.manager, *sung) == "oye mi amor TRUE"
