"""What a job asks for and its image does not have: found before anything is started, and told with the line to add."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.engines.scripts import is_document, is_r
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.plugin_utils.packages.asked import Asked, Reader

#: What is needed to render a document.
RENDERING = "rmarkdown"
#: A script that has one of these may bring its packages itself, or have them elsewhere.
INSTALLERS = (
    r"(?<![\w.])(install\.packages|BiocManager::install|(remotes|devtools)::install_\w+|pak::pkg_install|renv::restore"
    r"|p_load|shelf|load_all|\.libPaths)\s*\(|\blib\.loc\b"
)
#: A file of packages with their versions, as renv writes it beside a script.
LOCK = "renv.lock"
#: Files that are longer are data.
LONGEST = 4 << 20

_CHUNK = re.compile(r"^[ \t]*(`{3,})\{[rR][ ,}].*\n(?s:(.*?))^[ \t]*\1[ \t]*$", re.MULTILINE)


class Missing(t.NamedTuple):
    """A package that the image does not have: where it is asked for, and whether the script certainly ends there."""

    package: str
    where: str
    sure: bool


def installed_in(described: str) -> dict[str, str]:
    """Return the versions of R and its packages, by name, that an image's label describes."""
    return dict(line.split(" ", 1) for line in described.splitlines() if " " in line)


def code_of(path: Path) -> str:
    """Return the R code of a script or document, each line where it is in the file. One that is too long to be a script has none."""
    if path.stat().st_size > LONGEST:
        return ""
    text = path.read_text(encoding="utf-8-sig", errors="replace").replace("\r\n", "\n")
    if not is_document(path.name):
        return text
    lines = [""] * text.count("\n")
    for chunk in _CHUNK.finditer(text):
        first = text.count("\n", 0, chunk.start(2))
        code = chunk[2].splitlines()
        lines[first : first + len(code)] = code
    return "\n".join(lines)


def asked_by(script: str, inputs: t.Mapping[str, Path]) -> dict[str, list[Asked]]:
    """Return what a script and the files that it sources ask for, by the files' names. ``inputs`` are the job's files."""
    found: dict[str, list[Asked]] = {}
    waiting = [script]
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in inputs:
            continue
        code = code_of(inputs[name])
        read = Reader(code)
        sure = name == script and not re.search(INSTALLERS, code)
        found[name] = [each._replace(sure=each.sure and sure) for each in read.found]
        waiting += [source.removeprefix("./") for source in read.sources]
    return found


def missing(script: str, inputs: t.Mapping[str, Path], installed: t.Mapping[str, str]) -> list[Missing]:
    """Return the packages that a job asks for and the image does not have, each once."""
    found: dict[str, Missing] = {}
    if is_document(script) and RENDERING not in installed:
        found[RENDERING] = Missing(RENDERING, "to render it", sure=True)
    for name, all_asked in asked_by(script, inputs).items():
        for each in all_asked:
            known = found.get(each.package)
            if each.package in installed or (known and (known.sure or not each.sure)):
                continue
            place = f"line {each.line}" if name == script else f"{name}, line {each.line}"
            found[each.package] = Missing(each.package, place, each.sure)
    return list(found.values())


def told(script: str, lacking: t.Sequence[Missing]) -> str:
    """Return the words on packages that are missing, with what to do."""
    named = ", ".join(f"{each.package} ({each.where})" for each in lacking)
    return (
        f"{script} asks for what the images do not have: {named}. Put it into images_r_packages, beside what is there, and run "
        f"playbooks/festival.yml:\n  images_r_packages: [{', '.join(sorted({each.package for each in lacking}))}]\n"
        "With job_packages: add that is done for you."
    )


def lock_of(script: Path) -> dict[str, t.Any] | None:
    """Return what the file of renv beside a script says, or None where there is none that can be read."""
    try:
        lock = json.loads((script.parent / LOCK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return lock if isinstance(lock, dict) else None


def differences(lock: dict[str, t.Any], installed: t.Mapping[str, str]) -> list[str]:
    """Return in words where an image differs from what renv recorded: R's version to its second part, and packages."""
    wanted_r = str((lock.get("R") or {}).get("Version") or "")
    have = installed.get("R", "")
    found = []
    if wanted_r and wanted_r.split(".")[:2] != have.split(".")[:2]:
        found.append(f"R {wanted_r}, and the images have {have}")
    packages = {
        name: str(about.get("Version"))
        for name, about in (lock.get("Packages") or {}).items()
        if isinstance(about, dict)
    }
    absent = sorted(name for name in packages if name not in installed)
    other = sorted(
        f"{name} {version} ({installed[name]})"
        for name, version in packages.items()
        if installed.get(name, version) != version
    )
    if absent:
        found.append(f"packages that the images do not have: {', '.join(absent)}")
    if other:
        found.append(f"other versions than the images have (in brackets): {', '.join(other)}")
    return found


def look(script: Path, inputs: t.Mapping[str, Path], described: str, environment: t.Iterable[str] = ()) -> list[str]:
    """Return what is to be warned of, before a job is started on images that a label describes.

    Raises FestivalError where the script certainly ends for want of a package: not where its ``environment`` has libraries of its own.
    """
    installed = installed_in(described)
    if not installed or not is_r(script.name):
        return []
    lacking = missing(script.name, inputs, installed)
    elsewhere = any(name.startswith("R_LIBS") for name in environment)
    if any(each.sure for each in lacking) and not elsewhere:
        raise FestivalError(told(script.name, lacking))
    warnings = [told(script.name, lacking)] if lacking else []
    found = differences(lock_of(script) or {}, installed)
    return [*warnings, *([f"{LOCK} beside {script.name} has {'; '.join(found)}."] if found else [])]
