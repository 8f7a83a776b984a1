"""What a preflight finds: problems that stop the run before anything is changed, and warnings that do not."""

from __future__ import annotations

import difflib
import math
import re
import typing as t


class Finding(t.NamedTuple):
    """One sentence or more: cause, object, next step."""

    text: str
    fatal: bool = True


Findings = t.Iterator[Finding]
Settings = t.Mapping[str, t.Any]

#: As text, in lower case.
TRUE = ("true", "yes", "on", "1", "y", "t")
FALSE = ("false", "no", "off", "0", "n", "f")


def warning(text: str) -> Finding:
    """Return a finding that does not stop the run."""
    return Finding(text, fatal=False)


def told(findings: t.Iterable[Finding]) -> tuple[list[str], list[str]]:
    """Return problems and warnings, each said once and in the order found."""
    once = list(dict.fromkeys(findings))
    return [found.text for found in once if found.fatal], [found.text for found in once if not found.fatal]


def message(problems: t.Sequence[str]) -> str:
    """Return what the user reads: all problems at once, one a line."""
    if len(problems) == 1:
        return problems[0]
    return "\n".join([f"{len(problems)} problems, and nothing was changed:", *(f"- {text}" for text in problems)])


def number(value: t.Any) -> float | None:
    """Return the number that a variable or its text on the command line stands for. Infinity is none, and nan is not either."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (OverflowError, TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def listed(value: t.Any) -> list:
    """Return a list as Ansible reads one: a text is split at its commas, and a number is one item."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(value)] if value and isinstance(value, (int, float)) else list(value or [])


def truth(value: t.Any) -> bool:
    """Return what Ansible takes for true."""
    return str(value).strip().lower() in TRUE


def is_switch(value: t.Any) -> bool:
    """Say whether Ansible takes a value for true or for false."""
    return str(value).strip().lower() in TRUE + FALSE


def names(hosts: t.Sequence[str], last: str = "and") -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return f" {last} ".join(filter(None, [", ".join(hosts[:-1]), hosts[-1]]))


def one_of(known: t.Iterable[str], to_come: t.Collection[str], name: t.Any) -> str:
    """Return the rest of a sentence about a ``name`` that is none of the known ones: what is wrong, and what to write."""
    if name in to_come:
        return f": not supported yet. Use {names(list(known), 'or')}."
    return f", which there is not. Set it to {names(list(known), 'or')}."


def unknown_names(given: t.Iterable[str], known: t.Collection[str]) -> Findings:
    """Find variables that are nearly one of the collection's: Ansible itself ignores a misspelt variable silently."""
    beginnings = {name[:3] for name in known}
    for name in given:
        near = name[:3] in beginnings and name not in known and difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        if near:
            yield warning(
                f"The variable {name} is none of this collection's and has no effect. Did you mean {near[0]}?"
            )


def fits(pattern: str, value: t.Any) -> bool:
    """Say whether a text matches a pattern from its beginning to its end."""
    return re.fullmatch(pattern, str(value)) is not None
