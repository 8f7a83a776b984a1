"""One script of a test's, run as often as asked."""

from __future__ import annotations

import typing as t
from pathlib import Path

from real_hosts import Lab, Run


class Script:
    """A script with a name like its folder's."""

    def __init__(self, cluster: Lab, folder: Path, text: str) -> None:
        self.cluster = cluster
        folder.mkdir(exist_ok=True)
        self.script = folder / f"{folder.name.lower().replace('_', '-')}.R"
        self.script.write_text(text, encoding="utf-8")

    def run(self, fails: bool = False, **variables: t.Any) -> Run:
        return self.cluster.play("job", job_script=str(self.script), fails=fails, **variables)

    @property
    def home(self) -> Path:
        """The folder of its results."""
        (folder,) = self.cluster.results.glob(f"{self.script.stem[:20]}*")
        return folder
