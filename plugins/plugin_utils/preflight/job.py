"""A job's files, and the folder for its results: what lies on the controller."""

from __future__ import annotations

import os
import shutil
import tempfile
import typing as t
from pathlib import Path, PurePosixPath

from ansible_collections.alparque.festival.plugins.module_utils.engines.table import DEFAULT_ENGINE, ENGINES
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    fits,
    listed,
    names,
    number,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.inputs import chosen, input_files


def readable(path: Path) -> bool:
    """Say whether a file can be read, by trying: permission bits do not tell all."""
    try:
        # A pipe into which nobody writes would have us wait for ever.
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        return True
    except OSError:
        return False


def judge_script(settings: Settings) -> Findings:
    """Find a script that cannot be run. Without a script there is nothing to judge: nothing will run."""
    if not settings.get("job_script"):
        return
    script = Path(str(settings["job_script"])).expanduser().absolute()
    # Not script.exists(), which fails at a name that is too long: that of a script that was given itself, say.
    if not os.path.exists(script):
        yield Finding(f"job_script is {script}, which is not there. Correct the path: it is one on the controller.")
    elif script.is_dir():
        yield Finding(f"job_script is {script}, a folder. Name the R script in it, and what goes with it in job_files.")
    elif not readable(script):
        yield Finding(f"job_script is {script}, which cannot be read. Give yourself the permission (chmod u+r).")
    elif not script.is_file():
        yield Finding(f"job_script is {script}, which is no file. Write to one what comes from it, and name that.")


def judge_program(settings: Settings) -> Findings:
    """Find a script that the job's engine cannot run, and an engine that cannot be had."""
    name = settings.get("festival_engine", DEFAULT_ENGINE)
    if name not in ENGINES:  # said already
        return
    engine, script = ENGINES[name], Path(str(settings.get("job_script") or "")).expanduser()
    yield from engine.judge(settings)
    claim = [other.name for other in ENGINES.values() if {script.suffix, script.suffix.lower()} & set(other.endings)]
    if claim and name not in claim:
        yield Finding(
            f"job_script is {script.name}, no {engine.takes}, and festival_engine is {name}. "
            f"Set festival_engine to {names(claim, 'or')}."
        )
    elif os.path.isfile(script) and readable(script):
        yield from engine.judge_script(script)


def judge_files(settings: Settings) -> Findings:
    """Find files that are missing, and files that would lie in each other's place."""
    try:
        paths = [path.absolute() for path in chosen(listed(settings.get("job_files")))]
    except FestivalError as error:
        yield Finding(str(error))
        return
    for path in paths:
        if not os.path.exists(path):
            yield Finding(f"job_files has {path}, which is not there. Correct the path: it is one on the controller.")
        elif not path.is_file() and not path.is_dir():
            yield Finding(
                f"job_files has {path}, neither a file nor a folder. Write to a file what comes from it, and name that."
            )
        elif path.is_file() and not readable(path):
            yield Finding(f"job_files has {path}, which cannot be read. Give yourself the permission (chmod u+r).")
    script = settings.get("job_script")
    try:
        input_files(
            Path(str(script)).absolute() if script else Path(), [path for path in paths if os.path.exists(path)]
        )
    except FestivalError as error:
        yield Finding(f"{error} All of job_files lie beside job_script under their own names.")


def judge_output(settings: Settings) -> Findings:
    """Find a folder of artifacts that is not one of the job's own."""
    if "job_output" not in settings:
        return
    folder = PurePosixPath(str(settings["job_output"]))
    if not str(settings["job_output"]).strip() or folder.is_absolute() or ".." in folder.parts or not folder.parts:
        yield Finding(
            f"job_output is {str(settings['job_output'])!r}: it has to be a folder inside the job's own. Write a "
            "relative path without .., such as output."
        )


def judge_environment(settings: Settings) -> Findings:
    """Find variables that no shell could pass on."""
    for option in ("job_environment", "workers_environment"):
        environment = settings.get(option) or {}
        if not isinstance(environment, t.Mapping):
            yield Finding(f'{option} is not a dictionary. Write one, such as {{"OMP_NUM_THREADS": "1"}}.')
            continue
        for name in environment:
            if not fits(r"[A-Za-z_][A-Za-z0-9_]*", name):
                yield Finding(
                    f"{option} has {name!r}, no name of a variable. Use letters, digits and _, no digit first."
                )


def judge_results_folder(settings: Settings) -> Findings:
    """Find a folder for results that cannot be written, by writing where it will be made, or that is full."""
    if not settings.get("festival_results_dir"):
        return
    folder = Path(str(settings["festival_results_dir"])).expanduser().absolute()
    there = next(place for place in (folder, *folder.parents) if os.path.exists(place))
    if not there.is_dir():
        yield Finding(
            f"festival_results_dir is {folder}, but {there} is a file. Set it to a folder that you can write."
        )
        return
    try:
        with tempfile.TemporaryFile(dir=there) as probe:
            probe.write(b"festival")
    except OSError as error:
        yield Finding(
            f"festival_results_dir is {folder}, and nothing can be written in {there} ({error.strerror}). Set it to a "
            "folder that you can write."
        )
        return
    free, needed = shutil.disk_usage(there).free / 1e6, number(settings.get("festival_min_free_results_mb")) or 0
    if free < needed:
        yield Finding(
            f"festival_results_dir is {folder}, whose file system has {free:.0f} MB free, less than {needed:.0f} "
            "(festival_min_free_results_mb). Make room, or set it to a folder elsewhere."
        )


def judge_job(settings: Settings) -> Findings:
    """Find everything that is wrong with the job."""
    yield from judge_script(settings)
    yield from judge_program(settings)
    yield from judge_files(settings)
    yield from judge_output(settings)
    yield from judge_environment(settings)
    yield from judge_results_folder(settings)
