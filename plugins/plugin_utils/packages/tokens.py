"""R's words, as far as one has to know them to see calls: no expression is evaluated, and nothing that is wrong is an error.

Source: R Language Definition, "10 Parser"; raw strings: ?Quotes.
"""

from __future__ import annotations

import bisect
import re
import typing as t

#: Kind → its form. The first that fits counts.
FORMS = {
    "comment": r"#[^\n]*",
    "raw": r"[rR](?P<quote>[\"'])(?P<dashes>-*)(?:\((?s:.*?)\)|\[(?s:.*?)\]|\{(?s:.*?)\})(?P=dashes)(?P=quote)",
    "string": r"\"(?:\\(?s:.)|[^\"\\])*\"|'(?:\\(?s:.)|[^'\\])*'",
    "backtick": r"`(?:\\.|[^`\\])*`",
    "name": r"(?:[^\W\d_]|\.(?!\d))[\w.]*",
    "number": r"\.?\d[\w.]*",
    "operator": r":::?|<<?-|->>?|%[^%\n]*%|&&|\|\||\|>",
    "newline": r"\n",
    "sign": r"\S",
}
_FORM = re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in FORMS.items()))


class Token(t.NamedTuple):
    """A word of R: its kind, its text (of a string or a name in backticks what is between the marks), and its line."""

    kind: str
    text: str
    line: int

    @property
    def names(self) -> bool:
        """Whether it can name a function or package."""
        return self.kind in ("name", "string", "backtick")


def tokens(text: str) -> list[Token]:
    """Return the words of a script, without blanks and comments."""
    ends = [match.start() for match in re.finditer("\n", text)]
    found = []
    for match in _FORM.finditer(text):
        kind, word, line = match.lastgroup, match[0], bisect.bisect_left(ends, match.start()) + 1
        if kind == "raw":
            found.append(Token("string", re.sub(r"^.[\"']-*.|.-*[\"']$", "", word), line))
        elif kind in ("string", "backtick"):
            found.append(Token(kind, word[1:-1], line))
        elif kind != "comment":
            found.append(Token(kind, word, line))
    return found
