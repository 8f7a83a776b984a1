"""Keys and tokens as they are made, and what makes a set of them not whole; ssh itself reads what is made."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import (
    KEYS,
    NO_PRINTS,
    TOKEN,
    new_keys,
    new_token,
)


def test_keys_are_whole_and_new_each_time():
    (texts, prints), (others, other_prints) = new_keys(), new_keys()
    assert KEYS.read(texts) == prints and KEYS.read(others) == other_prints
    assert len({*prints, *other_prints}) == 4


def test_ssh_takes_them_and_finds_every_worker_known(tmp_path):
    texts, prints = new_keys()
    for part, text in texts.items():
        (tmp_path / part).write_text(text)
        (tmp_path / part).chmod(0o600)
    for part, of in (("ssh-key", prints[0]), ("host-key", prints[1])):
        said = subprocess.run(["ssh-keygen", "-l", "-f", tmp_path / part], capture_output=True, text=True, check=True)
        assert of in said.stdout
    for host in ("10.77.0.9", "[10.77.0.9]:2222", "tasks.festival-pool"):
        command = ["ssh-keygen", "-F", host, "-l", "-f", tmp_path / "known-hosts"]
        assert prints[1] in subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("part", "text", "flaw"),
    [
        ("ssh-key", "rubbish", "has an unreadable key"),
        ("host-key", "", "has an unreadable key"),
        ("authorized-keys", new_keys()[0]["authorized-keys"], "is mixed from two sets"),
        ("known-hosts", new_keys()[0]["known-hosts"], "is mixed from two sets"),
        ("ssh-key", new_keys()[0]["ssh-key"], "is mixed from two sets"),
    ],
    # Keys are new in each process, and pytest-xdist asks that all call a test the same.
    ids=["rubbish", "nothing", "other authorized keys", "other known hosts", "another key"],
)
def test_what_does_not_belong_together_is_not_whole(part, text, flaw):
    with pytest.raises(ValueError, match=f"^{flaw}$"):
        KEYS.read({**new_keys()[0], part: text})


def test_a_token_is_new_each_time():
    tokens = {new_token()[0]["token"] for _ in range(3)}
    assert len(tokens) == 3 and {TOKEN.read({"token": token}) for token in tokens} == {NO_PRINTS}


@pytest.mark.parametrize("token", ["", "0" * 63, "0" * 65, "G" * 64, "0" * 64 + "\n", "A" * 64])
def test_what_is_no_token_is_not_whole(token):
    with pytest.raises(ValueError, match="^is not 64 hex digits$"):
        TOKEN.read({"token": token})


def test_only_private_halves_are_secret():
    assert [part for part in KEYS.parts if part not in KEYS.secrets] == ["authorized-keys", "known-hosts"]
    assert TOKEN.secrets == TOKEN.parts
