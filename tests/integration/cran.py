"""A CRAN that has one package, served by a host to its own images."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from real_hosts import Lab

PACKAGE = {
    "DESCRIPTION": "Package: anthem\nVersion: 1.0\nTitle: A Song\nLicense: MIT\nAuthor: A\nMaintainer: A <a@example.org>\n"
    "Description: Sings.\nNeedsCompilation: no\n",
    "NAMESPACE": "export(sing)\n",
    "R/sing.R": 'sing <- function() "oye mi amor"\n',
}


def serve(lab: Lab, folder: Path) -> None:
    """Have the manager serve the package for as long as it lives, and the inventory ask for it."""
    contrib = folder / "cran" / "src" / "contrib"
    contrib.mkdir(parents=True)
    (contrib / "PACKAGES").write_text("Package: anthem\nVersion: 1.0\nNeedsCompilation: no\n", encoding="utf-8")
    with tarfile.open(contrib / "anthem_1.0.tar.gz", "w:gz") as tar:
        for name, text in PACKAGE.items():
            entry = tarfile.TarInfo(f"anthem/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    lab.give(lab.manager, folder / "cran", "/srv")
    http = "python3 -m http.server 8000 --directory /srv/cran"
    lab.host(lab.manager, "sh", "-c", f"systemctl --quiet is-active cran || systemd-run --unit=cran {http}")
    variables = ["images_r_packages: [anthem]", f"images_r_repositories: [http://{lab.address(lab.manager)}:8000]"]
    asked = "all:\n  vars:\n" + "".join(f"    {line}\n" for line in variables)
    (lab.inventory / "packages.yml").write_text(asked, encoding="utf-8")
