"""The report of a job: one page that needs nothing else, made on the controller from the results' files."""

from __future__ import annotations

import json
import os
import re
import typing as t
import urllib.parse
from pathlib import Path

import jinja2
from ansible_collections.alparque.festival.plugins.module_utils.events.measures import size_text
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import read_events
from ansible_collections.alparque.festival.plugins.module_utils.events.story import MPI, Story
from ansible_collections.alparque.festival.plugins.module_utils.files import write
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import shown
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import MANIFEST, listed
from ansible_collections.alparque.festival.plugins.plugin_utils.report import ranks
from ansible_collections.alparque.festival.plugins.plugin_utils.report import text as words
from ansible_collections.alparque.festival.plugins.plugin_utils.report.timeline import (
    EXACT_MESSAGES,
    Timeline,
    make_timeline,
)

REPORT = "report.html"
#: Bytes of the log's end that are shown; the whole is beside the report.
LOG_TAIL = 20_000


def read_json(path: Path) -> dict:
    """Return a file's JSON object, or an empty one where there is none."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_story(path: Path) -> Story:
    """Return what the events tell; a job without events has an empty story."""
    try:
        with path.open("rb") as lines:
            return read_events(lines)
    except OSError:
        return read_events([])


def log_tail(path: Path) -> tuple[str, bool]:
    """Return the end of the log, and whether that is all of it."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - LOG_TAIL))
            text = stream.read().decode(errors="replace")
    except OSError:
        return "", True
    whole = size <= LOG_TAIL
    return words.clean(text if whole else text.partition("\n")[2] or text), whole


def result_files(folder: Path) -> list[dict[str, str]]:
    """Return the files of the manifest with their sizes and links that work beside the report."""
    try:
        names = [name for name, checksum in listed((folder / MANIFEST).read_bytes()) if checksum]
    except OSError:
        return []
    found = []
    for name in names:
        path = folder / name
        if path.is_file():
            link = urllib.parse.quote(os.fsencode(f"./{name}"))
            found.append({"name": shown(name), "link": link, "size": size_text(path.stat().st_size)})
    return found


def moment(told: t.Any) -> str:
    """Return an ISO 8601 moment as a reader wants it."""
    return re.sub(r"[.]\d+", "", str(told or "")).replace("T", " ").replace("+00:00", " UTC")


def facts(job: dict, session: dict, story: Story) -> list[tuple[str, str]]:
    """Return what the job was, as pairs of a word and a value; those that nobody recorded are left out."""
    command = " ".join([str(job.get("script") or ""), *map(str, job.get("arguments") or [])])
    who = "@".join(str(job[key]) for key in ("user", "controller") if job.get(key))
    hosts = job.get("hosts") or sorted({worker.host for worker in story.workers.values()})
    r = job.get("r") or session.get("r") or story.r
    platform = session.get("platform") or job.get("platform")
    pairs = [
        ("script", command),
        ("run by", who),
        ("started", moment(job.get("started"))),
        ("ended", moment(job.get("finished"))),
        ("engine", job.get("engine")),
        ("backend", job.get("backend")),
        ("pool", job.get("pool")),
        ("hosts", ", ".join(map(str, hosts))),
        ("image", job.get("image")),
        ("R", f"{r}, {platform}" if r and platform else r),
        ("starts of the master", len(story.starts) if len(story.starts) > 1 else ""),
        *(ranks.facts(job, story) if of_ranks(job, story) else []),
        ("exit code", job.get("exit_code")),
        ("cause", job.get("cause")),
    ]
    return [(word, str(value)) for word, value in pairs if value not in (None, "")]


def packages(job: dict, session: dict) -> list[tuple[str, str]]:
    """Return the R packages that the script had loaded, with their versions."""
    found = session.get("packages") or job.get("packages")
    return sorted((str(name), str(version)) for name, version in found.items()) if isinstance(found, dict) else []


def of_ranks(job: dict, story: Story) -> bool:
    """Say whether it is an MPI job; one that did not compile has no events that say so."""
    return MPI in (story.engine, job.get("engine"))


def told(job: dict, timeline: Timeline, elapsed: float) -> dict[str, t.Any]:
    """Return the words, figures and tables of a job."""
    story = timeline.story
    if of_ranks(job, story):
        hues = {lane.worker.host: lane.hue for lane in timeline.lanes}
        return {
            "no_timeline": ranks.no_timeline(story),
            "figures": ranks.figures(story, elapsed),
            "lede": ranks.lede(story, elapsed),
            "incidents": ranks.incidents(story),
            "runs": ranks.runs(story),
            "rank_hosts": ranks.hosts(story, hues),
            "ranks": ranks.ranks(story, hues),
        }
    return {
        "no_timeline": words.no_timeline(job, story),
        "figures": words.figures(timeline, elapsed),
        "lede": words.lede(timeline, elapsed),
        "incidents": words.incidents(story),
        "calls": words.calls(story),
        "workers": words.workers(timeline),
        "slowest": words.slowest(story),
        "failures": words.failures(story),
    }


def page(folder: Path) -> dict[str, t.Any]:
    """Return all that the template shows."""
    job, session = read_json(folder / "job.json"), read_json(folder / "session.json")
    story = read_story(folder / "events.jsonl")
    timeline = make_timeline(story)
    seconds = job.get("seconds")
    elapsed = story.seconds or (float(seconds) if isinstance(seconds, (int, float)) else 0.0)
    log, whole = log_tail(folder / "log.txt")
    return {
        "job": {"id": folder.name, "script": "job", "state": "unknown", **job},
        "facts": facts(job, session, story),
        "packages": packages(job, session),
        "story": story,
        "timeline": timeline,
        "of_ranks": of_ranks(job, story),
        **told(job, timeline, elapsed),
        "aggregated": len(story.bars) > EXACT_MESSAGES,
        "rows": words.ROWS,
        "files": result_files(folder),
        "left_out": job.get("left_out"),
        "log": log,
        "whole_log": whole,
    }


def write_report(folder: Path) -> Path:
    """Write ``report.html`` beside a job's results and return its path."""
    templates = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    # What a script prints, and what it names its files, is not ours: everything is escaped.
    environment = jinja2.Environment(loader=templates, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    html = environment.get_template("report.html.j2").render(page(folder))
    # Half of a surrogate pair, which JSON may hold, has no place in UTF-8.
    write(folder / REPORT, html.encode(errors="replace"), 0o644)
    return folder / REPORT
