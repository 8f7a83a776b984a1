"""When a set is made and when it goes, in a store that only remembers; test_key_stores.py has the real ones."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust.cluster_keys import KeySet, converge
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import TOKEN


class Memory:
    """Remembers what it was told to do."""

    kind, what = TOKEN, "the token"

    def __init__(self, wrong=False, **sets):
        self.kept = {int(name[1:]): KeySet({"token": {"name": name}}, **more) for name, more in sets.items()}
        self.wrong, self.told = wrong, []

    def sets(self):
        return dict(self.kept)

    def make(self, version, texts, fingerprints):
        self.told.append(f"make {version}")
        return KeySet({"token": {"name": f"v{version}"}}, *fingerprints)

    def mend(self, version, check):
        if not check and self.wrong:
            self.told.append(f"mend {version}")
        return self.wrong

    def remove(self, version):
        self.told.append(f"remove {version}")


@pytest.mark.parametrize(
    ("store", "told", "removed", "old"),
    [
        (Memory(), ["remove 2", "make 2"], [], {}),
        (Memory(v2={}), [], [], {}),
        (Memory(v2={"flaw": "lacks token"}), ["remove 2", "make 2"], [], {}),
        (Memory(v2={}, wrong=True), ["mend 2"], [], {}),
        (Memory(v1={}, v2={}, v3={}), ["remove 1", "remove 3"], [1, 3], {}),
        (Memory(v1={"used_by": ["service a"]}, v2={}), [], [], {"1": ["service a"]}),
        (Memory(v1={"used_by": ["service a"]}), ["remove 2", "make 2"], [], {"1": ["service a"]}),
    ],
    ids=["nothing", "whole", "flawed", "to be mended", "others unused", "another in use", "another in use, none yet"],
)
def test_what_is_done_for_version_2(store, told, removed, old):
    would = converge([store], 2, check=True)
    assert store.told == []
    done = converge([store], 2, check=False)
    assert store.told == told and done["removed"] == removed and done["old"] == old
    assert would["changed"] == done["changed"] == bool(told)
    assert would["diff"] == done["diff"] and (done["diff"]["before"] != done["diff"]["after"]) == (
        bool(told) and not store.wrong
    )


def test_a_flawed_set_that_is_in_use_is_left_and_the_next_number_told():
    store = Memory(v1={}, v2={"flaw": "lacks token", "used_by": ["service a", "service b"]})
    with pytest.raises(FestivalError, match="service a, service b still uses .* set festival_trust_version to 3 for"):
        converge([store], 2, check=False)
    assert store.told == []


def test_nothing_is_begun_where_one_of_two_stores_cannot_be():
    first, second = Memory(), Memory(v2={"flaw": "lacks token", "used_by": ["service a"]})
    with pytest.raises(FestivalError, match="lacks token"):
        converge([first, second], 2, check=False)
    assert first.told == []
