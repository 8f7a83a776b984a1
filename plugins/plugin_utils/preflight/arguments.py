"""What the roles declare of their variables, and a verb's of them held against what the user asks for."""

from __future__ import annotations

import difflib
import re
import typing as t
from functools import cache
from pathlib import Path

import yaml
from ansible.module_utils.common.parameters import DEFAULT_TYPE_VALIDATORS
from ansible_collections.alparque.festival.plugins.module_utils.findings import (
    Finding,
    Findings,
    Settings,
    names,
    warning,
)

COLLECTION = Path(__file__).parents[3]
OURS = "alparque.festival"
Options = t.Mapping[str, dict]

#: What a value of a type is called.
KINDS = {
    "bool": "true or false",
    "dict": "a dictionary",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "path": "a path",
    "str": "a text",
}


class Declared(t.NamedTuple):
    """An entry point of a role, as its argument specs have it."""

    role: str
    entry: str
    options: Options


@cache
def declarations() -> list[Declared]:
    """Return the entry points of all roles."""
    found = []
    for path in sorted(COLLECTION.glob("roles/*/meta/argument_specs.yml")):
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        specs = yaml.load(path.read_text(encoding="utf-8"), loader)["argument_specs"]
        found += [Declared(path.parts[-3], entry, spec.get("options") or {}) for entry, spec in specs.items()]
    return found


def documented_names() -> dict[str, str]:
    """Return every variable of the collection with the role that has it."""
    return {name: declared.role for declared in reversed(declarations()) for name in declared.options}


def prefixes() -> tuple[str, ...]:
    """Return what this collection's variables begin with: the name of a role or of a playbook."""
    playbooks = {path.stem for path in COLLECTION.glob("playbooks/*.yml")}
    return tuple(sorted(f"{name}_" for name in {declared.role for declared in declarations()} | playbooks))


def options_of(verb: str) -> Options:
    """Return a verb's own variables: those of the entry point, or else of the role, that has its name."""
    entries = {declared.entry: declared for declared in declarations() if declared.entry != "main"}
    roles = {declared.role: declared for declared in declarations() if declared.entry == "main"}
    return (entries.get(verb) or roles[verb]).options


def nearest(name: str, own: t.Collection[str], cutoff: float = 0.6) -> str:
    """Return the variable that a misspelt one was to be: one of the verb's ``own``, or else any; none where all are far."""
    near = difflib.get_close_matches(name, own, n=1, cutoff=0.6) or difflib.get_close_matches(
        name, documented_names(), n=1, cutoff=cutoff
    )
    return near[0] if near else ""


def are_ours(playbooks: t.Iterable[str]) -> bool:
    """Say whether all playbooks of a command line are this collection's: else somebody else may read its variables."""
    ours = COLLECTION.resolve()
    paths = [Path(name).resolve() for name in playbooks if not name.startswith(f"{OURS}.")]
    return all(path == ours / "festival.yml" or path.parent == ours / "playbooks" for path in paths)


def judge_names(given: t.Iterable[str], own: t.Collection[str] = (), playbooks: t.Iterable[str] = ()) -> Findings:
    """Find variables of the command line that begin as ours and that nobody reads: Ansible ignores them silently.

    What the inventory has may be the user's own; ``unknown_names`` warns of what looks misspelt there. So may be what is
    given to a playbook of his own, which imports ours: of that only what begins with festival_ is nobody else's.
    """
    alone = are_ours(playbooks)
    for name in given:
        ours = name.startswith(prefixes() if alone else "festival_")
        near = nearest(name, own if ours else (), 0.8 if ours else 0.85)
        if name in documented_names() or not (ours or near):
            continue
        otherwise = f"Leave it out. Known are {names(sorted(own))}" if own else "Leave it out"
        step = f"Did you mean {near}?" if near else f"{otherwise}."
        text = f"The variable {name} of the command line is none of this collection's. {step}"
        yield Finding(text) if alone or ours else warning(text)


def judge_types(settings: Settings, but: t.Collection[str] = ()) -> dict[str, Finding]:
    """Find by name variables of another type than is declared, ``but`` for those of which others know more to say."""
    options = {name: option for declared in reversed(declarations()) for name, option in declared.options.items()}
    return {
        name: _of_another_type(name, options[name], value)
        for name, value in settings.items()
        if name in options and name not in but and not _is(options[name].get("type", "str"), value)
    }


def _of_another_type(name: str, option: dict, value: t.Any) -> Finding:
    """Return what is told of a value of another type. Private."""
    shown = "what is set" if option.get("no_log") else repr(value)
    return Finding(f"{name} is {shown}: it has to be {KINDS[option.get('type', 'str')]}. {_said(option)}")


def judge_options(verb: str, options: Options, settings: Settings, asked: t.Collection[str]) -> dict[str, Finding]:
    """Find by name a verb's variables that are missing in what it is ``asked``, of another type, or none of the choices."""
    found = {}
    for name, option in options.items():
        value, said = settings.get(name), _said(option)
        kind, choices = option.get("type", "str"), option.get("choices")
        shown = "what is set" if option.get("no_log") else repr(value)
        if option.get("required") and (name not in asked or value in (None, "", [])):
            found[name] = Finding(f"{name} is not given, and playbooks/{verb}.yml needs it: -e {name}=… {said}")
        elif value is not None and not _is(kind, value):
            found[name] = _of_another_type(name, option, value)
        elif value is not None and choices and value not in choices:
            found[name] = Finding(f"{name} is {shown}, and playbooks/{verb}.yml is for {' or '.join(choices)}. {said}")
    return found


def _is(kind: str, value: t.Any) -> bool:
    """Say whether Ansible takes a value for one of a type. It would make a text of anything. Private."""
    if kind in ("str", "path"):
        return isinstance(value, str | int | float)
    try:
        DEFAULT_TYPE_VALIDATORS[kind](value)
    except (ArithmeticError, TypeError, ValueError):
        return False
    return True


def _said(option: dict) -> str:
    """Return what an option's documentation says, without its markup. Private."""
    text = option["description"]
    return re.sub(r"\b[A-Z]\((?:[\w.]+#[\w:]+:)?([^)]*)\)", r"\1", " ".join(text) if isinstance(text, list) else text)
