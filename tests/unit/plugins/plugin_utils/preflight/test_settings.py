"""What is right must pass: bad_inputs.yml has what must not, and goes through ansible-playbook."""

from __future__ import annotations

import itertools
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.action.preflight import JUDGED
from ansible_collections.alparque.festival.plugins.module_utils.backends.table import BACKENDS
from ansible_collections.alparque.festival.plugins.module_utils.findings import Finding
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.arguments import (
    documented_names,
    judge_types,
)
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.inventory import (
    Host,
    judge_addresses,
    judge_groups,
    judge_shared,
)
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.job import judge_job, judge_program
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.network import judge_network
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.values import (
    CHOICES,
    FORMS,
    NUMBERS,
    SWITCHES,
    judge_values,
)
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.workers import judge_workers

SEED = {
    "festival_backend": "docker",
    "network_subnet": "172.18.0.0/16",
    "workers_containers": [
        {"name": "aterciopelados", "address": "172.18.0.2"},
        {"name": "fabulosos_cadillacs", "address": "172.18.0.3"},
        {"name": "mana", "address": "172.18.0.4"},
    ],
    "job_master_name": "duarte",
    "job_master_address": "172.18.0.10",
}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"workers_replicas": "6", "workers_slots": 4, "workers_limit_cpus": 1.5, "job_timeout": 0},
        {
            "images_apt_packages": "libxml2-dev,r-cran-data.table=1.17.0+dfsg-1",
            "images_r_packages": ["data.table", "R6"],
        },
        {"images_base": "rocker/r-ver:4.5"},
        {"images_base": "10.213.0.2:5000/festival/base:1a2b@sha256:" + "0" * 64},
        {"images_base": "ghcr.io/an-org/r_image.slim"},
        {"images_r_repositories": ["https://cran.example.org/", "https://bioconductor.org/packages/3.21/bioc"]},
        {"images_r_repositories": "http://10.0.0.1:8080/cran"},
        {"images_r_repositories": "file:///srv/cran"},
        {"images_r_repositories": []},
        {"images_timezone": "America/Argentina/Buenos_Aires", "images_locale": "es_CO.UTF-8"},
        {"images_timezone": "Etc/GMT+5", "images_locale": "C.UTF-8"},
        {"images_timezone": "UTC", "images_locale": "de_DE.UTF-8@euro"},
        {"docker_host_log_max_size": "", "job_master_name": ""},
        {
            "festival_engine": "mpi",
            "job_mpi_ranks": "16",
            "job_mpi_restarts": 2,
            "job_mpi_r": "snow",
            "images_mpi": "no",
        },
        {"job_queue": "no", "job_stream": True, "job_resume": "False", "job_force": 0, "job_restarts": "0"},
    ],
    ids=str,
)
def test_right_values_pass(settings: dict) -> None:
    assert list(judge_values(settings)) == []


def test_every_judged_value_is_judged_when_absurd() -> None:
    """No row of the tables is dead."""
    absurd = dict.fromkeys([*NUMBERS, *SWITCHES, *CHOICES, *FORMS], "§ absurd §")
    found = " ".join(finding.text for finding in judge_values(absurd))
    assert [name for name in absurd if f"{name} is '§" not in found and f"{name} has '§" not in found] == []


@pytest.mark.parametrize(
    ("settings", "hosts"),
    [
        ({}, 3),
        ({"network_subnet": "10.77.0.0/20", "workers_replicas": 1000}, 3),
        ({"network_subnet": "10.77.0.0/28", "workers_mode": "global"}, 3),
        ({"network_subnet": "100.64.0.0/24"}, 1),
        (SEED, 1),
    ],
    ids=str,
)
def test_right_networks_pass(settings: dict, hosts: int) -> None:
    assert [finding for finding in judge_network(settings, hosts) if finding.fatal] == []


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {
            "workers_limit_memory": "2G",
            "workers_reserve_memory": "2048m",
            "workers_limit_cpus": 2,
            "workers_reserve_cpus": "2",
        },
        {"workers_reserve_memory": "64G"},
        {"workers_limit_memory": "", "job_limit_memory": ""},
        {
            "workers_constraints": [
                "node.labels.disk == ssd",
                "node.role!=manager",
                "node.hostname == node-1.example.org",
            ]
        },
        {"workers_mode": "global"},
    ],
    ids=str,
)
def test_right_pools_pass(settings: dict) -> None:
    assert list(judge_workers(settings)) == []


def test_right_job_passes_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("script.R", "data/a.csv", "data/script.R"):
        (tmp_path / name).write_text("1", encoding="utf-8")
    settings = {
        "job_script": str(tmp_path / "script.R"),
        "job_files": [str(tmp_path / "data")],
        "job_output": "output/tables",
        "job_environment": {"OMP_NUM_THREADS": "1"},
        "festival_results_dir": str(tmp_path / "results" / "deep"),
    }
    assert list(judge_job(settings)) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "script.R"]


def test_pipes_are_no_files_and_nobody_waits_for_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found = [
        each.text for each in judge_job({"job_script": str(tmp_path / "pipe"), "job_files": str(tmp_path / "pipe")})
    ]
    assert "pipe, which is no file. Write to one what comes from it" in found[0]
    assert "pipe, neither a file nor a folder. Write to a file what" in found[1]


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("a.R", {}, []),
        ("a.R", {"festival_engine": "mpi"}, []),
        ("a.f90", {"festival_engine": "mpi", "images_mpi": "true"}, []),
        ("analysis", {}, []),
        ("a.c", {"festival_engine": "mpi", "images_mpi": "no"}, ["festival_engine is mpi and images_mpi is false"]),
        ("notes.txt", {"festival_engine": "mpi"}, ["job_script is notes.txt, which is no program"]),
        ("a.c", {}, ["job_script is a.c, no R script, and festival_engine is socket. Set festival_engine to mpi."]),
        ("a.PY", {"festival_engine": "ssh"}, ["job_script is a.PY, no R script, and festival_engine is ssh."]),
    ],
)
def test_a_script_is_one_for_its_engine(tmp_path: Path, name: str, settings: dict, words: list[str]) -> None:
    (tmp_path / name).write_text("hello", encoding="utf-8")
    found = [finding.text for finding in judge_program({"job_script": str(tmp_path / name), **settings})]
    assert len(found) == len(words)
    assert all(text.startswith(word) for text, word in zip(found, words, strict=True))


def test_without_a_script_mpi_has_nothing_to_say_of_it() -> None:
    for settings in ({}, {"job_script": "/nosuch/ring"}, {"job_script": "/tmp"}):
        assert list(judge_program({"festival_engine": "mpi", **settings})) == []


def test_values_of_an_environment_are_never_told() -> None:
    text = " ".join(
        finding.text
        for finding in judge_job({"job_environment": "TOKEN=secret", "workers_environment": {"2": "secret"}})
    )
    assert "job_environment" in text
    assert "workers_environment" in text
    assert "secret" not in text


#: What a variable may be by mistake, each of which some judge has stumbled over.
ODD = [True, -1, 1.5, float("inf"), "inf", "nan", 10**400, "x" * 5000, "a\0b", [], [[]], [None], {}, {"a": {"b": 1}}]


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_value_makes_the_preflight_itself_fail(backend: str) -> None:
    for name, value in itertools.product(documented_names(), ODD):
        given = {"festival_backend": backend, "network_subnet": "10.77.0.0/20", name: value}
        unfit = judge_types(given, but=JUDGED)
        settings = {name: value for name, value in given.items() if name not in unfit}
        judged = [judge_values(settings), judge_network(settings, 1), judge_workers(settings), judge_job(settings)]
        if settings.get("festival_backend") in BACKENDS:
            judged.append(BACKENDS[settings["festival_backend"]].judge(settings, ["a"], ["a"]))
        assert all(isinstance(found, Finding) for found in itertools.chain(*judged))


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "inf", "nan", 10**400])
def test_no_number_is_infinite_or_none(value: t.Any) -> None:
    (found,) = judge_values({"workers_limit_cpus": value})
    assert "it has to be a number of at least 0" in found.text


def test_what_is_the_whole_clusters_is_alike_for_all() -> None:
    assert (
        list(judge_shared("festival_prefix", {})) == list(judge_shared("festival_prefix", {"a": "x", "b": "x"})) == []
    )
    (found,) = judge_shared("festival_prefix", {"a": "x", "b": "y", "c": "x"})
    assert found.text.startswith("festival_prefix is 'x' for a and c and 'y' for b, and is the whole cluster's.")


def test_a_worker_is_no_manager() -> None:
    groups = {"festival_managers": ["a"], "festival_hosts": ["b"]}
    (found,) = judge_groups(groups, {"festival_manager": "b"})
    assert "festival_manager is 'b', which is no host of festival_managers" in found.text


@pytest.mark.parametrize(
    ("groups", "settings"),
    [
        ({"festival_managers": ["a"]}, {}),
        ({"festival_managers": ["a", "b", "c"], "festival_hosts": ["c", "d"], "ungrouped": ["localhost"]}, {}),
        ({"festival_managers": ["a"]}, {"festival_backend": "docker", "festival_manager": "a"}),
    ],
    ids=str,
)
def test_right_groups_pass(groups: dict, settings: dict) -> None:
    assert list(judge_groups(groups, settings)) == []


@pytest.mark.parametrize(
    "hosts",
    [
        [Host("a", "10.0.0.1"), Host("b", "10.0.0.2")],
        [Host("a", "127.0.0.1", "2201"), Host("b", "127.0.0.1", "2202")],
        [Host("a", "10.0.0.1", connection="community.docker.docker"), Host("b", "10.0.0.1", connection="local")],
        [Host("a", "10.0.0.1", advertised="192.168.0.1"), Host("b", "10.0.0.2", advertised="192.168.0.2")],
    ],
    ids=["two", "ports", "not by ssh", "advertised"],
)
def test_right_addresses_pass(hosts: t.Sequence[Host]) -> None:
    assert list(judge_addresses(hosts)) == []
