"""Every option of a job is declared once: what repeats it for readers says the same."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.alparque.festival.plugins.module_utils.jobs.options import (
    OPTIONS,
    argument_spec,
    judged,
    shared,
)

CHECKOUT = Path(__file__).parents[5]
ROLES = {
    role: {
        "defaults": yaml.safe_load((CHECKOUT / f"roles/{role}/defaults/main.yml").read_text()),
        "options": {
            name: option
            for entry in yaml.safe_load((CHECKOUT / f"roles/{role}/meta/argument_specs.yml").read_text())[
                "argument_specs"
            ].values()
            for name, option in (entry.get("options") or {}).items()
        },
    }
    for role in ("job", "festival")
}
#: What a role's default works out for itself.
WORKED_OUT = ("festival_network", "festival_pool", "festival_results_dir", "festival_data_dir")


def documented(module: str) -> dict:
    """Return the options that a module documents."""
    text = importlib.import_module(f"ansible_collections.alparque.festival.plugins.modules.{module}").DOCUMENTATION
    return yaml.safe_load(text)["options"]


def plain(option: dict) -> dict:
    """Return what of an option's documentation or spec both have: type, default and choices, of its suboptions, too."""
    below = option.get("suboptions") or option.get("options") or {}
    kept = {key: option[key] for key in ("type", "elements", "choices", "required") if option.get(key)}
    default = {} if option.get("default") is None else {"default": option["default"]}
    return {**kept, **default, **({"below": {name: plain(each) for name, each in below.items()}} if below else {})}


@pytest.mark.parametrize(("module", "half"), [("job", "controller"), ("job_master", "manager")])
def test_the_modules_document_what_is_declared(module, half):
    told, declared = documented(module), argument_spec(half)
    # What both halves read is documented once, with the half that most of it is for.
    missing = set(declared) - set(told) - set(shared())
    assert not missing and set(told) <= set(declared)
    for name, option in told.items():
        # An image is needed by a master that runs, and by no other call of job_master.
        wanted = (
            {**declared[name], "required": name == "image"} if module == "job" and name == "image" else declared[name]
        )
        assert plain(option) == plain(wanted), name


def test_what_both_halves_read_is_documented():
    assert set(shared()) <= set(documented("job")) | set(documented("job_master"))


@pytest.mark.parametrize("option", [name for name, each in OPTIONS.items() if each.variable], ids=str)
def test_the_roles_have_the_declared_types_and_defaults(option):
    spec, variable = OPTIONS[option].spec, OPTIONS[option].variable
    role = ROLES[variable.partition("_")[0]]
    told = role["options"][variable]
    # A role's paths are texts: Ansible would look for them on the host.
    types = [[each.get(key, "").replace("path", "str") for key in ("type", "elements")] for each in (told, spec)]
    assert types[0] == types[1]
    if variable in WORKED_OUT or spec.get("required"):
        return
    assert role["defaults"][variable] == spec.get("default")
    assert told.get("default", spec.get("default")) == spec.get("default")


def test_the_wishes_of_an_engine_are_variables_of_the_role():
    for name, wish in OPTIONS["mpi"].spec["options"].items():
        assert ROLES["job"]["defaults"][f"job_mpi_{name}"] == wish["default"]
        assert ROLES["job"]["options"][f"job_mpi_{name}"]["type"] == wish["type"]


def test_docs_variables_tells_the_declared_defaults():
    rows = dict(
        re.findall(r"^\| `((?:job|festival)_\w+)` \| (.*?) ?\|", (CHECKOUT / "docs/variables.md").read_text(), re.M)
    )
    for option in OPTIONS.values():
        if not option.variable.startswith("job_") or option.variable not in rows or option.spec.get("required"):
            continue
        default = option.spec.get("default")
        told = {True: "true", False: "false"}.get(default, default) if isinstance(default, bool) else default
        assert rows[option.variable].strip("`") in ("" if told in (None, "") else str(told), "the job's id"), option


def test_numbers_and_switches_say_what_to_do_about_wrong_values():
    judges = judged("int", "float", "bool")
    assert {
        "job_timeout",
        "job_restarts",
        "job_limit_cpus",
        "job_force",
        "job_queue",
        "job_resume",
        "job_stream",
    } <= set(judges)
    assert all(re.match(r"Set it to .*[a-z]$", option.step) for option in judges.values())
