"""The R package, by the standards of R's own package check, in the image that it is installed in."""

from __future__ import annotations

import pytest
from real_hosts import CHECKOUT, Lab

pytestmark = pytest.mark.cluster

SOURCE = CHECKOUT / "roles" / "images" / "files" / "r" / "festival"
#: R would ask servers for the time, and whether there is another package of the name.
OFFLINE = {"_R_CHECK_SYSTEM_CLOCK_": "0", "_R_CHECK_CRAN_INCOMING_": "false"}
#: Tests wait for somebody who is silent most of the time.
TOGETHER = {"TESTTHAT_PARALLEL": "true", "TESTTHAT_CPUS": "4"}
CHECK = """
apt-get update -qq
apt-get install -qy --no-install-recommends r-cran-testthat >/dev/null
R CMD build --no-manual /package
R CMD check --as-cran --no-manual festival_*.tar.gz || true
tail -n 60 festival.Rcheck/tests/testthat.Rout*
"""


def test_package_passes_its_check(one_host: Lab) -> None:
    """No error, warning or note, and no test left out: the image has all the packages that the tests are about."""
    image = one_host.host(one_host.manager, "docker", "images", "-q", "festival/master").split()[0]
    one_host.host(one_host.manager, "rm", "-rf", "/srv/festival-package")
    one_host.give(one_host.manager, SOURCE, "/srv/festival-package")
    told = one_host.host(
        one_host.manager,
        *("docker", "run", "--rm", "--init", "--network", "host", "--user", "root", "--workdir", "/tmp"),
        *("--volume", "/srv/festival-package:/package:ro", "--entrypoint", "sh"),
        *(part for name, value in {**OFFLINE, **TOGETHER}.items() for part in ("--env", f"{name}={value}")),
        *(image, "-ec", CHECK),
    )
    assert "Status: OK" in told
    assert "[ FAIL 0 | WARN 0 | SKIP 0 |" in told
