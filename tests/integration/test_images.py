"""What the user puts into the images: said in check mode, built once, and told when it cannot be."""

from __future__ import annotations

import re

import pytest
from real_hosts import Lab

pytestmark = pytest.mark.cluster


def test_check_run_says_what_would_be_built(one_host: Lab) -> None:
    before = one_host.images()
    checked = one_host.play("images", "--check", "-v", images_r_packages=["data.table"])
    assert checked.changed[one_host.manager] == 1
    missing = re.findall(r"name: festival/(\w+):\w+\s+state: to build", checked.output)
    assert set(missing) == {"base", "worker", "master"}
    assert one_host.images() == before


def test_package_that_is_not_there(one_host: Lab) -> None:
    before = one_host.images(), one_host.containers()
    failed = one_host.play("images", images_apt_packages=["libnosuchthing-dev"], fails=True)
    assert "Failing step: Step" in failed.said
    assert "Unable to locate package libnosuchthing-dev" in failed.said
    assert (one_host.images(), one_host.containers()) == before


def test_r_package_that_is_not_there(one_host: Lab) -> None:
    failed = one_host.play("images", images_r_packages=["nosuchthing"], images_cran_mirror="", fails=True)
    assert "R package(s) nosuchthing: Debian has none of that name. Correct images_r_packages, or set" in failed.said


def test_r_that_is_too_old(one_host: Lab) -> None:
    failed = one_host.play("images", images_base="debian:bookworm", fails=True)
    assert "The image has R 4.2.2, and festival needs 4.5 or newer. Set images_base to debian:trixie or" in failed.said


def test_r_package_of_a_mirror(one_host: Lab) -> None:
    """Packages from the mirror were installed from source and load; Debian's come from Debian as before."""
    newest = one_host.host(one_host.manager, "docker", "images", "-q", "festival/master").split()[0]
    say = "cat(anthem::sing(), nchar(find.package('snow')) > 0)"
    sung = ["docker", "run", "--rm", "--entrypoint", "Rscript", newest, "-e", say]
    assert one_host.host(one_host.manager, *sung) == "oye mi amor TRUE"
