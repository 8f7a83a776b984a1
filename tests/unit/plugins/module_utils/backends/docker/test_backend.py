"""The backend of one host, as the rest asks for it."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.docker.backend import DockerBackend
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import KEYS, TOKEN


def test_keys_lie_in_a_folder_and_a_pools_token_in_one_of_its_own(tmp_path):
    params = {"directory": str(tmp_path), "uid": 2000}
    folders = [str(DockerBackend().keys(None, kind, "a-pool", params).folder) for kind in (KEYS, TOKEN)]
    assert folders == [str(tmp_path), f"{tmp_path}/pools/a-pool"]


def test_keys_without_a_folder_are_an_error():
    with pytest.raises(FestivalError, match="keeps keys as files, and directory is missing. Give a folder"):
        DockerBackend().keys(None, KEYS, "festival", {"directory": None, "uid": 2000})


def test_one_host_is_a_cluster_whatever_swarm_it_is_in():
    host = {"swarm": {"state": "active", "is_manager": False, "managers": ["10.9.9.9:2377"], "cluster_id": None}}
    assert list(DockerBackend().judge_hosts({"a": host}, "a", ())) == []
    assert list(DockerBackend().judge_host("a", {"overlay": False}, {})) == []
    found = [finding.text for finding in DockerBackend().judge({}, ["a", "b"], ["a"])]
    assert "is for one host, and the inventory has 2: a and b" in found[0]
