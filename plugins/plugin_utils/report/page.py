"""The report of a job: one page that needs nothing else, made on the controller from the results' files."""

from __future__ import annotations

import json
import os
import typing as t
import urllib.parse
from pathlib import Path

import jinja2
from ansible_collections.alparque.festival.plugins.module_utils.engines.table import view_of
from ansible_collections.alparque.festival.plugins.module_utils.engines.view import View
from ansible_collections.alparque.festival.plugins.module_utils.events.reader import read_events
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Story
from ansible_collections.alparque.festival.plugins.module_utils.events.words import clean, size_text, when
from ansible_collections.alparque.festival.plugins.module_utils.files import write
from ansible_collections.alparque.festival.plugins.module_utils.jobs.foreign import shown
from ansible_collections.alparque.festival.plugins.module_utils.jobs.log import tail
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import MANIFEST, listed
from ansible_collections.alparque.festival.plugins.plugin_utils.report.gallery import gallery
from ansible_collections.alparque.festival.plugins.plugin_utils.report.timeline import make_timeline

REPORT = "report.html"
#: Rows of a table that a reader still reads.
ROWS = 50


def read_json(path: Path) -> dict:
    """Return a file's JSON object, or an empty one where there is none."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_story(path: Path, view: View) -> Story:
    """Return what the events tell; a job without events has an empty story."""
    try:
        with path.open("rb") as stream:
            return read_events(stream, view.story())
    except OSError:
        return view.story().close()


def log_tail(path: Path) -> tuple[str, bool]:
    """Return the end of the log as a terminal would show it, and whether that is all of it."""
    try:
        with path.open("rb") as stream:
            text, whole = tail(stream)
    except OSError:
        return "", True
    return clean(text if whole else text.partition("\n")[2] or text), whole


def result_files(folder: Path) -> list[dict[str, str]]:
    """Return the files of the manifest: path, what is shown of it, size, and a link that works beside the report."""
    try:
        names = [name for name, checksum in listed((folder / MANIFEST).read_bytes()) if checksum]
    except OSError:
        return []
    found = []
    for name in names:
        path = folder / name
        if path.is_file():
            link = urllib.parse.quote(os.fsencode(f"./{name}"))
            found.append({"path": name, "name": shown(name), "link": link, "size": size_text(path.stat().st_size)})
    return found


def facts(job: dict, session: dict, story: Story, view: View) -> list[tuple[str, str]]:
    """Return what the job was, as pairs of a word and a value; those that nobody recorded are left out."""
    command = " ".join([str(job.get("script") or ""), *map(str, job.get("arguments") or [])])
    who = "@".join(str(job[key]) for key in ("user", "controller") if job.get(key))
    hosts = job.get("hosts") or sorted({worker.host for worker in story.workers.values()})
    r = job.get("r") or session.get("r") or story.r
    platform = session.get("platform") or job.get("platform")
    pairs = [
        ("script", command),
        ("run by", who),
        ("started", when(job.get("started"))),
        ("ended", when(job.get("finished"))),
        ("engine", job.get("engine")),
        ("backend", job.get("backend")),
        ("pool", job.get("pool")),
        ("hosts", ", ".join(map(str, hosts))),
        ("image", job.get("image")),
        ("R", f"{r}, {platform}" if r and platform else r),
        ("starts of the master", len(story.starts) if len(story.starts) > 1 else ""),
        *view.report.facts(job, story),
        ("exit code", job.get("exit_code")),
        ("cause", job.get("cause")),
    ]
    return [(word, str(value)) for word, value in pairs if value not in (None, "")]


def packages(job: dict, session: dict) -> list[tuple[str, str]]:
    """Return the R packages that the script had loaded, with their versions."""
    found = session.get("packages") or job.get("packages")
    return sorted((str(name), str(version)) for name, version in found.items()) if isinstance(found, dict) else []


def page(folder: Path) -> dict[str, t.Any]:
    """Return all that the template shows."""
    job, session = read_json(folder / "job.json"), read_json(folder / "session.json")
    view = view_of(str(job.get("engine") or ""))
    story = read_story(folder / "events.jsonl", view)
    timeline, report = make_timeline(story, view.report), view.report
    seconds = job.get("seconds")
    elapsed = story.seconds or (float(seconds) if isinstance(seconds, (int, float)) else 0.0)
    log, whole = log_tail(folder / "log.txt")
    files = result_files(folder)
    return {
        "job": {"id": folder.name, "script": "job", "state": "unknown", **job},
        "facts": facts(job, session, story, view),
        "packages": packages(job, session),
        "story": story,
        "timeline": timeline,
        "words": report.words,
        "lede": report.lede(story, elapsed),
        "figures": report.figures(story, timeline.lanes, elapsed),
        "no_timeline": report.no_timeline(story),
        "note": report.note(story, timeline.together),
        "ends": report.ends(story),
        "incidents": report.incidents(story),
        "sections": [section for section in report.sections(story, timeline.lanes) if section.rows],
        "limit": ROWS,
        "gallery": gallery(folder, [file for file in files if file["path"].startswith("output/")]),
        "files": files,
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
