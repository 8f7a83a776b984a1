"""The systems that hosts run: where what they lack can be installed, and what is told of the others."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    listed,
    names,
    warning,
)

#: What modules on hosts are written for. Ansible itself begins at 3.8, so that a host of 3.8 can say what it has.
OLDEST_PYTHON = (3, 9)

#: Systems with apt whose packages fit: those that were tried, and those that have the same packages in fitting versions.
TRIED = {"Debian": ("12",)}
EXPECTED = {"Debian": ("11", "13"), "Ubuntu": ("22.04", "24.04")}


def listing(systems: dict[str, tuple[str, ...]]) -> str:
    """Return systems with their versions as a sentence has them."""
    return names([f"{system} {version}" for system, versions in systems.items() for version in versions])


WHICH = f"Tried: {listing(TRIED)}; expected to do: {listing(EXPECTED)}"


def judge_python(name: str, host: dict) -> Findings:
    """Find a Python that is too old for our modules, though not for Ansible's."""
    if tuple(int(part) for part in host["python"].split(".")[:2]) < OLDEST_PYTHON:
        yield Finding(
            f"Host {name} has Python {host['python']}, and {written(OLDEST_PYTHON)} or newer is needed. Upgrade its "
            "system, or install a newer Python with the packages docker and cryptography and set "
            "ansible_python_interpreter to it."
        )


def written(version: t.Iterable[int]) -> str:
    """Return a version as people write it."""
    return ".".join(map(str, version))


def lacking(host: dict, bootstraps: bool) -> list[str]:
    """Return what the role docker_host would install; one host, the first manager, ``bootstraps`` the base image."""
    there = {
        "Docker 20.10 or newer": host["engine"] or host["engine_error"],
        "python3-docker": host["sdk"],
        "python3-cryptography": host["cryptography"],
        "mmdebstrap": host["mmdebstrap"] or not bootstraps,
    }
    return [what for what, found in there.items() if not found]


def judge_system(name: str, host: dict, bootstraps: bool, dared: bool) -> Findings:
    """Find hosts that lack something which can't be installed there, or of which nobody knows; unless that is ``dared``.

    A host that has all is taken as it is, whatever it runs.
    """
    system, missing = host["os"], lacking(host, bootstraps)
    if not missing or system["version"] in TRIED.get(system["distribution"], ()):
        return
    runs = f"Host {name} runs {system['distribution']} {system['version'] or system['codename'] or '(no version)'}"
    by_hand = f"nstall {names(missing)} there yourself"
    if missing == ["mmdebstrap"]:
        by_hand += ", or set docker_host_bootstrap_packages to [] if the base image can be pulled"
    if system["family"] != "Debian":
        yield Finding(f"{runs}, where nothing can be installed without apt. {WHICH}. I{by_hand}, then run again.")
    elif system["version"] in EXPECTED.get(system["distribution"], ()):
        yield warning(f"{runs}, which was not tried. {WHICH}. If apt fails there, i{by_hand}.")
    elif not dared:
        yield Finding(
            f"{runs}, of which nothing is known. {WHICH}. I{by_hand}, or set docker_host_untried_system to true "
            "to have apt try."
        )


def bootstraps_base(name: str, manager: str, settings: Settings) -> bool:
    """Say whether the host is to have what bootstraps the base image."""
    return name == manager and bool(listed(settings.get("docker_host_bootstrap_packages", ["mmdebstrap"])))
