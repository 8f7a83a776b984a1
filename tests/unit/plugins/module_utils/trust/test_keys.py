from __future__ import annotations

import subprocess

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.trust import keys


def test_ssh_keygen_agrees(tmp_path):
    pair = keys.new_pair()
    path = tmp_path / "key"
    path.write_text(pair.private)
    path.chmod(0o600)
    shown = subprocess.run(["ssh-keygen", "-lf", path], capture_output=True, text=True, check=True).stdout
    public = subprocess.run(["ssh-keygen", "-yf", path], capture_output=True, text=True, check=True).stdout
    assert keys.fingerprint(pair.public) in shown and "ED25519" in shown
    assert public.strip() == pair.public == keys.public_half(pair.private)


def test_a_pair_does_not_show_its_secret():
    pair = keys.new_pair()
    assert repr(pair) == f"KeyPair({keys.fingerprint(pair.public)})"
    assert "PRIVATE" not in f"{pair}"


def test_what_is_no_key_is_a_value_error():
    with pytest.raises(ValueError):
        keys.public_half("nonsense")
