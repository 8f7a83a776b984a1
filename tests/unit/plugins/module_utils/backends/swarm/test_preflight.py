"""What a Swarm asks of an inventory and of a host's kernel; of memberships, tests of plugin_utils/preflight ask."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.preflight import judge, judge_host

KERNEL = {"overlay": True, "esp": False, "os": {"kernel": "6.1.0"}}


@pytest.mark.parametrize(("count", "survives"), [(0, None), (1, None), (2, 0), (3, None), (4, 1), (5, None), (6, 2)])
def test_an_even_number_of_managers_is_a_warning(count, survives):
    found = list(judge({}, [f"node{number}" for number in range(count)]))
    assert [finding.fatal for finding in found] == ([] if survives is None else [False])
    for finding in found:
        assert finding.text.startswith(f"{count} managers survive the loss of {survives}, no more than {count - 1} do")


@pytest.mark.parametrize(
    ("kernel", "settings", "words"),
    [
        ({}, {}, []),
        ({"overlay": None}, {}, []),
        ({"esp": True}, {"network_encrypted": True}, []),
        ({"overlay": False}, {}, ["kernel 6.1.0 has no overlay networks"]),
        ({}, {"network_encrypted": "yes"}, ["kernel 6.1.0 cannot encrypt"]),
        ({"overlay": False}, {"network_encrypted": "yes"}, ["has no overlay networks", "cannot encrypt"]),
    ],
)
def test_what_a_kernel_cannot_do_is_told(kernel, settings, words):
    found = list(judge_host("a", {**KERNEL, **kernel}, settings))
    assert [finding.fatal for finding in found] == [True] * len(words)
    assert [word for word, finding in zip(words, found, strict=True) if word not in finding.text] == []
