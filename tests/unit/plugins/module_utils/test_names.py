"""Names that several places know."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.names import key, key_file, master
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import KEYS, TOKEN


def test_two_clusters_share_no_name():
    ours, theirs = (
        {master(prefix, "a-1"), *(key(prefix, part, 1) for part in KEYS.parts), key(f"{prefix}-pool", *TOKEN.parts, 1)}
        for prefix in ("festival", "other")
    )
    assert len(ours) == len(theirs) == 6 and not ours & theirs


def test_they_are_as_ever():
    assert (master("festival", "a-1"), key("festival", "ssh-key", 2)) == ("festival-job-a-1", "festival-ssh-key-v2")
    assert key_file("authorized-keys") == "authorized_keys"
