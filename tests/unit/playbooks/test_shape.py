"""All playbooks look alike: a comment that says what and how, a check, and plays that have their name for a tag."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[3] / "playbooks"
PLAYBOOKS = sorted(FOLDER.glob("*.yml"))
#: What checks, and so is checked by nothing before it.
CHECKS = ("arguments", "preflight")
STAGES = ("festival", "provision", "images", "network", "trust", "workers", "job")


def plays(path: Path) -> list[dict]:
    """Return a playbook's plays and imports."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def imported(play: dict) -> str:
    """Return the playbook that an entry imports, if it does."""
    return play.get("ansible.builtin.import_playbook", "")


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_head_says_what_it_does_and_how_it_is_called(path: Path) -> None:
    head = re.match(r"---\n((?:# .*\n)+)- name: ", path.read_text(encoding="utf-8"))
    assert head, "a comment stands between the first line and the first play"
    if path.stem != "arguments":
        *_what, how = head[1].splitlines()
        assert re.match(rf"#   ansible-playbook (playbooks/\S+ )*(playbooks/)?{path.stem}\.yml", how)


@pytest.mark.parametrize("path", [path for path in PLAYBOOKS if path.stem not in CHECKS], ids=lambda path: path.stem)
def test_the_first_play_checks(path: Path) -> None:
    first, *_rest = plays(path)
    if path.stem in STAGES:
        assert imported(first) in ("preflight.yml", "provision.yml")
    else:
        assert imported(first) == "arguments.yml" and first["vars"] == {"festival_verb": path.stem}


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_plays_have_one_order_of_keys_and_a_tag(path: Path) -> None:
    order = ["name", "hosts", "connection", "gather_facts", "any_errors_fatal", "tags", "vars", "roles", "tasks"]
    for play in plays(path):
        if imported(play):
            continue
        assert list(play) == sorted(play, key=[*order, "post_tasks"].index)
        assert play["gather_facts"] is False
        assert play["tags"] == (["always"] if path.stem in CHECKS else [path.stem])
