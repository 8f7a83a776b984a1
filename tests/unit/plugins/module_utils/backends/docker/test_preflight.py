"""What cannot be on one host. tests/integration gives the same to the real playbook."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.preflight import judge

LINE_UP = [{"name": "mana", "address": "172.18.0.2"}, {"name": "bacilos", "address": "172.18.0.3"}]
MASTER = {"job_master_name": "duarte", "job_master_address": "172.18.0.10"}


@pytest.mark.parametrize("more", [{}, MASTER, {"network_subnet": "172.18.0.0/24"}, {"network_encrypted": "no"}])
def test_a_right_line_up_passes(more):
    assert list(judge({"workers_containers": LINE_UP, **more}, ["a"])) == []


@pytest.mark.parametrize(
    ("settings", "words", "fatal"),
    [
        ({"workers_containers": []}, "workers_containers is empty", True),
        ({"workers_containers": [{"name": "mana"}]}, "each entry needs a name and an address", True),
        ({"workers_containers": ["mana"]}, "each entry needs a name and an address", True),
        (
            {"workers_containers": [*LINE_UP, {"name": "mana", "address": "172.18.0.4"}]},
            "Two containers are called mana",
            True,
        ),
        ({"workers_containers": [{"name": "los prisioneros", "address": "172.18.0.4"}]}, "is no host name", True),
        ({"workers_containers": [{"name": "a", "address": "172.18.0"}]}, "is '172.18.0', not an IPv4 address", True),
        (
            {"workers_containers": [{"name": "a", "address": "10.0.0.2"}]},
            "is outside network_subnet 172.18.0.0/16",
            True,
        ),
        ({"workers_containers": [{"name": "a", "address": "172.18.0.1"}]}, "own (network, gateway or broadcast)", True),
        ({"workers_containers": [{"name": "a", "address": "172.18.255.255"}]}, "own (network, gateway", True),
        (
            {**MASTER, "job_master_address": "172.18.0.2"},
            "Containers mana and duarte have one address, 172.18.0.2",
            True,
        ),
        ({**MASTER, "job_master_name": "mana"}, "Two containers are called mana", True),
        ({"network_encrypted": "yes"}, "network_encrypted has no effect", False),
    ],
)
def test_a_wrong_one_is_told(settings, words, fatal):
    ((text, stops),) = judge({"workers_containers": LINE_UP, **settings}, ["a"])
    assert words in text and stops == fatal


def test_more_than_one_host_is_told():
    ((text, _fatal),) = judge({"workers_containers": LINE_UP}, ["a", "b", "c"])
    assert "the inventory has 3: a, b and c. Leave one of them" in text
