"""R's words: what is a comment or a string is no call, however it is written."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.plugin_utils.packages.tokens import tokens


def words(text):
    return [(token.kind, token.text) for token in tokens(text) if token.kind != "newline"]


@pytest.mark.parametrize(
    ("text", "kind", "word"),
    [
        ("'it\\'s'", "string", "it\\'s"),
        ('"a # b"', "string", "a # b"),
        ('r"(a "quoted" )b)"', "string", 'a "quoted" )b'),
        ("R'---[a]--']---'", "string", "a]--'"),
        ('r"{a}"', "string", "a"),
        ("`odd name`", "backtick", "odd name"),
        ("data.table", "name", "data.table"),
        (".packages", "name", ".packages"),
        ("año", "name", "año"),
        (".5e3", "number", ".5e3"),
        (":::", "operator", ":::"),
        ("%dopar%", "operator", "%dopar%"),
    ],
)
def test_a_word(text, kind, word):
    assert words(text) == [(kind, word)]


def test_comments_are_none_and_lines_are_counted():
    found = tokens("a # library(x)\n'two\nlines'\nb")
    assert [(token.text, token.line) for token in found if token.kind != "newline"] == [
        ("a", 1),
        ("two\nlines", 2),
        ("b", 4),
    ]


def test_what_is_no_r_is_no_error():
    assert tokens("\"never closed\n`nor this \x00 \u2028 'and") != []


def test_a_long_text():
    assert len(tokens("x <- c('a', 1) # y\n" * 20_000)) == 20_000 * 9
