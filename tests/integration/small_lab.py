"""A lab beside the scenarios': for what wants bare hosts, then a second cluster for what the first has no time for."""

from __future__ import annotations

import contextlib
import json
import typing as t
from pathlib import Path

from real_hosts import CHECKOUT, REFERENCE, Lab, Run, run


class SmallLab(Lab):
    """Three hosts, of which one takes a password only."""

    SUBNET = "10.210.0.0/24"
    PASSWORD = "bogotá 1996"
    LOCKED = "juanes"

    def __init__(self, folder: Path) -> None:
        super().__init__("small")
        self.inventory = folder / "inventory" / "hosts.yml"
        self.results = folder / "results"
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

    @contextlib.contextmanager
    def deployed(self) -> t.Iterator[None]:
        """Make a cluster of the hosts, with the reference's result on it, whose results lie where the lab's inventory does."""
        alone, self.inventory = self.inventory, self.inventory.parent
        places = self.inventory / "places.yml"
        places.symlink_to(CHECKOUT / ".config" / "molecule" / "hosts.yml")
        try:
            self.play("festival", job_script=str(REFERENCE), key_exchange_password=self.PASSWORD)
            yield
        finally:
            places.unlink()
            self.inventory = alone

    def left(self) -> str:
        """Return all of the lab that this machine's engine holds."""
        mine = f"--filter label=festival.lab={self.variables['lab_name']}"
        return run("sh", "-c", f"docker ps -aq {mine}; docker network ls -q {mine}; docker volume ls -q {mine}").output
