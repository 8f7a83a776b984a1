"""Values that can be judged by themselves, as tables: numbers, choices and forms."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.table import backend_named
from ansible_collections.alparque.festival.plugins.module_utils.engines.table import engine_named
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    fits,
    is_switch,
    listed,
    number,
)
from ansible_collections.alparque.festival.plugins.module_utils.jobs.options import judged
from ansible_collections.alparque.festival.plugins.module_utils.names import HOST_NAME, R_PACKAGE
from ansible_collections.alparque.festival.plugins.module_utils.slots import AUTO, MOST

PORT = (1, 65535)


class Number(t.NamedTuple):
    """What a number has to be, and what the user should think of."""

    least: float
    most: float | None
    step: str
    whole: bool = True
    #: What may be written in a number's place.
    word: str = ""


NUMBERS = {
    "workers_replicas": Number(1, None, "Set it to the number of worker containers that you want"),
    "workers_slots": Number(
        1,
        MOST,
        f"Set it to the R workers for each container, or to {AUTO} for as many as its host has cores",
        word=AUTO,
    ),
    "workers_timeout": Number(1, None, "Set it to the seconds that the pool may take to start"),
    "workers_update_parallelism": Number(0, None, "Set it to the containers to replace at a time, or 0 for all"),
    "workers_update_delay": Number(0, None, "Set it to the seconds between two replacements"),
    "workers_limit_cpus": Number(0, None, "Set it to a number of cores, or 0 for no limit", whole=False),
    "workers_reserve_cpus": Number(0, None, "Set it to a number of cores, or 0 for none", whole=False),
    "job_mpi_ranks": Number(0, None, "Set it to the number of ranks, or 0 for one in each slot of the pool"),
    "job_mpi_restarts": Number(0, None, "Set it to how often a run that lost a rank is started again, or 0 for never"),
    "images_keep": Number(1, None, "Set it to the generations of images to keep, with the current one"),
    "swarm_timeout": Number(1, None, "Set it to the seconds that a node may take to join"),
    "swarm_subnet_size": Number(8, 29, "Set it to the prefix length of subnets, such as 24"),
    "docker_host_log_max_file": Number(1, None, "Set it to the number of log files to keep for a container"),
    "festival_trust_version": Number(1, None, "Raise it by one to have the cluster's keys made anew"),
    "festival_registry_port": Number(*PORT, "Set it to a port that is free on the first manager, such as 5000"),
    "festival_ssh_port": Number(*PORT, "Set it to a port for the workers' sshd, such as 2222"),
    "festival_worker_port": Number(*PORT, "Set it to a port for the workers' supervisor, such as 8650"),
    "festival_master_port": Number(*PORT, "Set it to a port for masters, such as 8651"),
    "festival_uid": Number(1, 65533, "Set it to the id of an unprivileged user, such as 2000"),
    "festival_min_free_disk_gb": Number(0, None, "Set it to the GB that each host must have free", whole=False),
    "festival_min_free_results_mb": Number(0, None, "Set it to the MB that the results may take", whole=False),
}

NUMBERS.update(
    (name, Number(0, None, option.step, whole=option.spec["type"] == "int"))
    for name, option in judged("int", "float").items()
)

#: Variable → what it is to be set to for which wish.
SWITCHES = {
    **{name: option.step for name, option in judged("bool").items()},
    "images_mpi": "Set it to false for images without Open MPI, or leave it out",
}

CHOICES = {
    "workers_mode": ("replicated", "global"),
    "workers_update_order": ("stop-first", "start-first"),
    "job_forks": ("tell", "pool"),
    "job_packages": ("tell", "add"),
    "job_mpi_r": ("auto", "spmd", "snow"),
    "images_base_source": ("auto", "pull", "bootstrap"),
    "swarm_availability": ("active", "pause", "drain"),
}

#: Variable → the form of its value, or of each item of its list, and what the user should write.
FORMS = {
    "festival_prefix": (
        r"[a-z][a-z0-9-]{0,29}",
        "Begin with a lower-case letter; letters, digits and - follow, 30 at most",
    ),
    "festival_network": (r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", "Use letters, digits, _, . and - only"),
    # It is also the beginning of a secret's name, which may have 64 characters.
    "festival_pool": (
        r"[a-z]([a-z0-9-]{0,48}[a-z0-9])?",
        "Begin with a lower-case letter; letters, digits and - follow, 50 at most",
    ),
    "festival_data_dir": (r"/[^\s:]+", "Write an absolute path without spaces or colons, such as /var/lib/festival"),
    "job_master_name": (rf"({HOST_NAME})?", "Write a host name: letters, digits and -, 63 at most"),
    "images_base": (
        r"([a-zA-Z0-9.-]+(:\d+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[\w][\w.-]*)?(@sha256:[0-9a-f]{64})?",
        "Write an image with its tag, such as debian:trixie or rocker/r-ver:4.5",
    ),
    "images_apt_packages": (
        r"[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?([=/][\w.+:~-]+)?",
        "Debian's names are lower-case letters, digits, +, - and ., such as r-cran-data.table",
    ),
    "images_r_packages": (
        R_PACKAGE,
        "R's names are letters, digits and dots and begin with a letter, such as data.table",
    ),
    "images_r_repositories": (
        r"(https?|file)://[^\s/?#]*[^\s]*[^\s:/]/?",
        "Write a URL that begins with https:// and names a host",
    ),
    "images_locale": (
        r"C|POSIX|[A-Za-z]+(_[A-Z]{2})?\.[A-Za-z0-9-]+(@\w+)?",
        "Write a locale with its encoding, such as en_US.UTF-8",
    ),
    "images_timezone": (
        r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}",
        "Write a name of the tz database, such as America/Bogota",
    ),
    "docker_host_log_max_size": (r"(\d+[kmg]?)?", "Write a number with k, m or g, such as 100m"),
}
LISTS = ("images_apt_packages", "images_r_packages", "images_r_repositories")


def judge_numbers(settings: Settings) -> Findings:
    """Find values that are no number, or one outside its range."""
    for name, wanted in NUMBERS.items():
        if name not in settings or (wanted.word and settings[name] == wanted.word):
            continue
        value = number(settings[name])
        if (
            value is None
            or value < wanted.least
            or (wanted.most is not None and value > wanted.most)
            or (wanted.whole and not value.is_integer())
        ):
            kind = "whole number" if wanted.whole else "number"
            upto = f"from {wanted.least} to {wanted.most}" if wanted.most is not None else f"of at least {wanted.least}"
            yield Finding(f"{name} is {settings[name]!r}: it has to be a {kind} {upto}. {wanted.step}.")


def judge_switches(settings: Settings) -> Findings:
    """Find values that are neither true nor false."""
    for name, step in SWITCHES.items():
        if name in settings and not is_switch(settings[name]):
            yield Finding(f"{name} is {settings[name]!r}: it has to be true or false. {step}.")


def judge_choices(settings: Settings) -> Findings:
    """Find values that are none of those there are."""
    for name, choices in CHOICES.items():
        if name in settings and settings[name] not in choices:
            yield Finding(f"{name} is {settings[name]!r}, which there is not. Set it to one of {', '.join(choices)}.")


def judge_tables(settings: Settings) -> Findings:
    """Find a backend and an engine that there are not."""
    for named, variable in ((backend_named, "festival_backend"), (engine_named, "festival_engine")):
        try:
            if variable in settings:
                named(settings[variable])
        except FestivalError as error:
            yield Finding(str(error))


def judge_ports(settings: Settings) -> Findings:
    """Find one port for two listeners of a worker container."""
    ssh, worker = (number(settings.get(f"festival_{name}_port")) for name in ("ssh", "worker"))
    if ssh is not None and ssh == worker:
        yield Finding(
            f"festival_ssh_port and festival_worker_port are both {ssh:g}, and sshd and the supervisor listen in the same "
            "containers. Give each its own."
        )


def judge_forms(settings: Settings) -> Findings:
    """Find names and addresses that cannot be right whatever exists."""
    for name, (form, step) in FORMS.items():
        if name not in settings:
            continue
        for value in listed(settings[name]) if name in LISTS else [settings[name]]:
            if not fits(form, value):
                where = f"{name} has {value!r}" if name in LISTS else f"{name} is {value!r}"
                yield Finding(f"{where}, which cannot be right. {step}.")


def judge_values(settings: Settings) -> Findings:
    """Find every value that is wrong by itself."""
    yield from judge_choices(settings)
    yield from judge_tables(settings)
    yield from judge_numbers(settings)
    yield from judge_switches(settings)
    yield from judge_ports(settings)
    yield from judge_forms(settings)
