"""A lab beside the scenarios', whose hosts stay bare."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from real_hosts import CHECKOUT, Lab, Run, run


class SmallLab(Lab):
    """Three hosts, of which one takes a password only."""

    SUBNET = "10.210.0.0/24"
    PASSWORD = "bogotá 1996"
    LOCKED = "juanes"

    def __init__(self, folder: Path) -> None:
        super().__init__("small")
        self.inventory = folder / "hosts.yml"
        self.variables = {
            "lab_name": "alparque-molecule-small",
            "lab_subnet": self.SUBNET,
            "lab_hosts": [
                {"name": "shakira"},
                {"name": self.LOCKED, "password": self.PASSWORD},
                {"name": "carlos_vives"},
            ],
            "lab_inventory": str(self.inventory),
            "lab_keep_image": True,
        }

    def lab(self, *options: str, **variables: t.Any) -> Run:
        """Run the playbook that raises and removes labs."""
        extra = json.dumps({**self.variables, **variables})
        return run("ansible-playbook", "-i", "localhost,", CHECKOUT / "playbooks" / "lab.yml", "-e", extra, *options)

    def left(self) -> str:
        """Return all of the lab that this machine's engine holds."""
        mine = f"--filter label=festival.lab={self.variables['lab_name']}"
        return run("sh", "-c", f"docker ps -aq {mine}; docker network ls -q {mine}; docker volume ls -q {mine}").output
