"""Names by content: equal where the content is, different wherever anything is."""

from __future__ import annotations

import itertools
import subprocess

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.identity import content_id

#: What a list joined to a text, or JSON of another structure, would take for the same.
ALIKE = [
    [["ab"], ["a", "b"], ["a", "b", ""], "ab", [["a"], "b"], {"a": "b"}, [["a", "b"]], ['a", "b']],
    [[1], ["1"], [1.0], [True], [None], ["None"], [""], [], {}, None, "", 0, False],
    [{"A": "1"}, {"A": 1}, ["A=1"], [["A", "1"]], {"A": ["1"]}, {"A": "1", "B": None}],
    [["n", "\udcff"], ["n", "ÿ"], ["n", "\\udcff"], ["n", "?"], ["n\udcff"]],
]


@pytest.mark.parametrize("contents", ALIKE, ids=str)
def test_what_looks_alike_has_names_of_its_own(contents):
    for one, other in itertools.combinations(contents, 2):
        assert content_id(one) != content_id(other), (one, other)


def test_order_of_keys_and_kind_of_list_do_not_count():
    assert content_id({"b": [1, 2], "a": {"d": 1, "c": 2}}) == content_id({"a": {"c": 2, "d": 1}, "b": (1, 2)})


def test_it_is_the_checksum_of_json_which_any_other_program_can_make():
    """Images and jobs of yesterday are found by this name, so it may not change from one release to the next either."""
    text = r'{"arguments": ["x", 2, null], "inputs": {"a": "1"}, "script": "d\u00eda.R"}'
    checksum = subprocess.run(["sha256sum"], input=text, capture_output=True, text=True, check=True).stdout
    assert checksum[:12] == content_id({"script": "día.R", "inputs": {"a": "1"}, "arguments": ["x", 2, None]})


def test_as_many_digits_as_asked_for():
    assert content_id("x", 20).startswith(content_id("x", 4)) and len(content_id("x", 20)) == 20


@pytest.mark.parametrize("content", [{1: "a"}, [{"a": {None: 1}}], b"bytes", {"a", "b"}, [object()]])
def test_what_is_no_plain_data_has_no_name(content):
    with pytest.raises(TypeError):
        content_id(content)


def test_a_number_that_is_none_has_no_name():
    with pytest.raises(ValueError, match="not JSON compliant"):
        content_id([float("nan")])
