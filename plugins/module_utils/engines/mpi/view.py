"""The view of MPI jobs: what bar and status say of runs and their ranks."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.ranks import RankStory, ending
from ansible_collections.alparque.festival.plugins.module_utils.engines.mpi.report import RanksReport
from ansible_collections.alparque.festival.plugins.module_utils.engines.views.said import part, said
from ansible_collections.alparque.festival.plugins.module_utils.events.story import UNKNOWN_HOST, Mark
from ansible_collections.alparque.festival.plugins.module_utils.events.words import counted


class RanksView:
    """Runs of ``mpirun`` and their ranks."""

    def __init__(self) -> None:
        self.report = RanksReport()

    def story(self, detailed: bool = True) -> RankStory:
        """Return an empty story of runs and ranks."""
        return RankStory(detailed)

    def told(self, story: RankStory, mark: Mark) -> str:
        """Say what a user should be told at once."""
        if mark.kind == "restart":
            return "the master starts again"
        if mark.kind == "run":
            return f"the run starts again ({mark.count})"
        host = f"an {mark.host}" if mark.host == UNKNOWN_HOST else mark.host
        return f"{story.workers[mark.worker].label} {ending(mark.cause, host)}"

    def standing(self, story: RankStory, now: float | None) -> t.Iterator[str]:
        """Yield how the present run stands. Ranks end together: that some have says nothing of when the others will."""
        if story.runs:
            yield "".join(_ranks(story))
        if story.failed:
            yield f"{story.failed:,} failed"
        if story.runs > 1:
            yield f"run {story.runs}"
        yield from said(story)
        if story.message:
            yield story.message

    def share(self, story: RankStory) -> float | None:
        """Return what is done of what the program says itself."""
        return part(*story.said)

    def status(self, story: RankStory) -> dict[str, t.Any]:
        """Return where the ranks of the last run are or were, and the CPU time of all."""
        return {"ranks_per_host": story.ranks_per_host(), "cpu_seconds": story.cpu_seconds}


def _ranks(story: RankStory) -> t.Iterator[str]:
    """Yield how many ranks there are, and how many have ended. Private."""
    done, total = story.progress()
    total = story.expected if total is None else total
    if story.running:
        there, hosts = len(story.running), len({rank.host for rank in story.running.values()})
        yield f"{there:,} of {counted(total, 'rank')}" if there < total else counted(there, "rank")
        yield f" on {counted(hosts, 'host')}"
    else:
        yield f"starting {counted(total, 'rank')}"
    if done:
        yield f", {done:,} of {max(total, done):,} ended"
