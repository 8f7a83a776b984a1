"""Labels of masters: by them a pool's holder is found, and nobody else's."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.labels import masters_of, of_master

MASTER = {"prefix": "festival", "pool": "festival-pool", "id": "a-1", "engine": "socket"}


def found(prefix: str, pool: str, labels: dict[str, str]) -> bool:
    """Say what Docker says: a label with a value has to be that, one without has to be there."""
    wanted = [text.partition("=") for text in masters_of(prefix, pool)["label"]]
    return all(name in labels and (not equals or labels[name] == value) for name, equals, value in wanted)


@pytest.mark.parametrize(
    ("master", "holds"),
    [
        ({}, True),
        ({"id": "b-2"}, True),
        ({"engine": "ssh"}, True),
        # Such a job takes no workers.
        ({"engine": "none"}, False),
        ({"pool": "other"}, False),
        ({"pool": ""}, False),
        ({"prefix": "other"}, False),
    ],
    ids=str,
)
def test_who_holds_a_pool(master, holds):
    assert found("festival", "festival-pool", of_master({**MASTER, **master})) == holds


def test_a_pools_worker_is_no_master():
    labels = of_master(MASTER)
    (job,) = (name for name, value in labels.items() if value == "a-1")
    assert not found("festival", "festival-pool", {name: value for name, value in labels.items() if name != job})
