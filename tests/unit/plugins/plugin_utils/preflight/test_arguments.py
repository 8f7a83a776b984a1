"""What the roles declare, and a verb's variables held against it."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.arguments import (
    COLLECTION,
    KINDS,
    are_ours,
    declarations,
    documented_names,
    judge_names,
    judge_options,
    judge_types,
    nearest,
    options_of,
    prefixes,
)

#: Playbooks that are not one verb: all stages, stages of several roles, and what others begin with.
OTHERS = {"arguments", "festival", "preflight", "provision"}
OPTIONS = {
    "leave_hosts": {"type": "list", "required": True, "description": "The hosts."},
    "swarm_timeout": {"type": "int", "description": ["Seconds,", "with V(markup)."]},
    "festival_backend": {"choices": ["swarm"], "description": "Only a swarm can be left."},
    "key_exchange_password": {"type": "list", "no_log": True, "description": "A secret."},
}


def said(given: t.Iterable[str], own: t.Collection[str] = ()) -> list[str]:
    """Return what is told of names, without what all have in common."""
    return [found.text.partition("collection's. ")[2] for found in judge_names(given, own)]


@pytest.mark.parametrize("verb", sorted({path.stem for path in COLLECTION.glob("playbooks/*.yml")} - OTHERS))
def test_every_verb_and_stage_declares_its_variables(verb: str) -> None:
    assert all("description" in option for option in options_of(verb).values())


def test_every_type_has_a_name() -> None:
    kinds = {option.get("type", "str") for declared in declarations() for option in declared.options.values()}
    assert kinds <= set(KINDS)


def test_entry_points_have_their_task_file() -> None:
    """`scale` is workers.yml with its question asked first, and `variables` are what all roles share: they need none."""
    missing = [
        f"{declared.role}: {declared.entry}"
        for declared in declarations()
        if not (COLLECTION / "roles" / declared.role / "tasks" / f"{declared.entry}.yml").is_file()
    ]
    assert sorted(missing) == ["festival: variables", "workers: scale"]


def test_what_two_entry_points_have_is_of_one_kind() -> None:
    kinds: dict[str, set[str]] = {}
    for declared in declarations():
        for name, option in declared.options.items():
            kinds.setdefault(name, set()).add(option.get("type", "str"))
    assert {name: found for name, found in kinds.items() if len(found) > 1} == {}


def test_prefixes_are_those_of_roles_and_playbooks() -> None:
    assert {"workers_", "docker_host_", "leave_", "scale_", "teardown_"} <= set(prefixes())


def test_known_names_pass_and_strangers_are_nobodys_business() -> None:
    assert said([*documented_names(), "my_slots", "owner", "ansible_user"]) == []


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("leave_host", "Did you mean leave_hosts?"),
        ("workers_slot", "Did you mean workers_slots?"),
        # A misspelt beginning, too, where all else is near.
        ("worker_slots", "Did you mean workers_slots?"),
        ("festivl_prefix", "Did you mean festival_prefix?"),
        ("teardown_xyz", "Leave it out."),
    ],
)
def test_misspelt_names_are_told_the_right_one(name: str, step: str) -> None:
    assert said([name]) == [step]


@pytest.mark.parametrize(
    ("playbooks", "ours"),
    [
        ([], True),
        ([str(COLLECTION / "festival.yml"), str(COLLECTION / "playbooks" / "job.yml")], True),
        (["alparque.festival.status"], True),
        (["alparque.festival.status", "site.yml"], False),
        (["alparque.festivals.status"], False),
    ],
)
def test_playbooks_of_others_are_told_from_ours(playbooks: list[str], ours: bool) -> None:
    assert are_ours(playbooks) is ours


def test_what_a_users_own_playbook_reads_is_not_refused() -> None:
    given = ["job_name", "lab_x", "network_interface", "worker_slots", "festival_prefx"]
    found = list(judge_names(given, playbooks=["site.yml"]))
    assert [(each.text.split()[2], each.fatal) for each in found] == [("worker_slots", False), ("festival_prefx", True)]
    assert all(each.fatal for each in judge_names(given)) and len(list(judge_names(given))) == len(given)


def test_a_verbs_own_variables_are_nearest() -> None:
    assert nearest("stop_id", options_of("stop")) == "job_id"
    assert said(["stop_xyz"], ["job_id", "festival_pool"]) == ["Leave it out. Known are festival_pool and job_id."]


@pytest.mark.parametrize(
    ("settings", "asked", "expected"),
    [
        ({"leave_hosts": "mana", "swarm_timeout": "5"}, ["leave_hosts"], []),
        ({"leave_hosts": ["mana"], "festival_backend": "swarm"}, ["leave_hosts"], []),
        ({}, [], ["leave_hosts is not given, and playbooks/leave.yml needs it: -e leave_hosts=… The hosts."]),
        ({"leave_hosts": ""}, ["leave_hosts"], ["leave_hosts is not given"]),
        # A verb is asked for each time: the inventory's word is none.
        ({"leave_hosts": "mana"}, [], ["leave_hosts is not given"]),
        ({"leave_hosts": {"mana": 1}}, ["leave_hosts"], ["leave_hosts is {'mana': 1}: it has to be a list."]),
        ({"leave_hosts": "a", "swarm_timeout": "soon"}, ["leave_hosts"], ["a whole number. Seconds, with markup."]),
        ({"leave_hosts": "a", "festival_backend": "docker"}, ["leave_hosts"], ["leave.yml is for swarm. Only a swarm"]),
        ({"leave_hosts": "a", "key_exchange_password": {"x": 1}}, ["leave_hosts"], ["password is what is set: it has"]),
    ],
)
def test_a_verbs_options(settings: dict, asked: list[str], expected: list[str]) -> None:
    found = judge_options("leave", OPTIONS, settings, asked)
    for finding, text in zip(found.values(), expected, strict=True):
        assert text in finding.text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"festival_backend": ["swarm"]}, "festival_backend is ['swarm']: it has to be a text."),
        ({"network_encrypted": "perhaps"}, "network_encrypted is 'perhaps': it has to be true or false."),
        ({"registry_timeout": float("inf")}, "registry_timeout is inf: it has to be a whole number."),
        ({"job_files": {"a": 1}}, "job_files is {'a': 1}: it has to be a list."),
        (
            {"swarm_labels": 5},
            "swarm_labels is 5: it has to be a dictionary. Labels of a host's node, for placement (workers_constraints).",
        ),
        ({"key_exchange_password": ["secret"]}, "key_exchange_password is what is set: it has to be a text."),
    ],
)
def test_variables_of_another_type_are_told(settings: dict, text: str) -> None:
    assert [found.text[: len(text)] for found in judge_types(settings).values()] == [text]
    assert judge_types(settings, but=settings) == {}


def test_variables_of_their_type_pass_and_strangers_are_nobodys_business() -> None:
    right = {
        "job_files": "a.csv",
        "swarm_labels": {},
        "network_encrypted": "yes",
        "images_base": 3,
        "registry_timeout": "5",
    }
    assert judge_types({**right, "my_list": 5, "festival_host": {}}) == {}


def test_descriptions_end_as_sentences() -> None:
    """They are told as the next step."""
    for path in COLLECTION.glob("roles/*/meta/argument_specs.yml"):
        for spec in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            for name, option in (spec.get("options") or {}).items():
                text = option["description"]
                assert (" ".join(text) if isinstance(text, list) else text).endswith("."), name
