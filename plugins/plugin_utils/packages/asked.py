"""Which packages a script asks for, as far as its text says: by library() and its kin, by ``::``, and for its workers."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.names import R_PACKAGE
from ansible_collections.alparque.festival.plugins.plugin_utils.packages.tokens import Token, tokens

#: Functions whose first argument, or that of one of these names, is a package.
ONE = {
    "library": ("package",),
    "require": ("package",),
    "requireNamespace": ("package",),
    "loadNamespace": ("package",),
    "attachNamespace": ("ns",),
    "from": (".from",),
}
#: Those that end the script where there is none.
SURE = ("library", "loadNamespace", "attachNamespace")
#: Functions all of whose arguments without a name are packages: pacman's and librarian's.
MANY = ("p_load", "shelf")
#: Arguments that are packages, and the beginnings of the functions that have them: those of foreach and of the future family.
ARGUMENTS = {".packages": ("",), "future.packages": ("",), "packages": ("future", "furrr_options")}
#: Around a call, they change nothing of whether it happens.
QUIETLY = ("suppressPackageStartupMessages", "suppressMessages", "suppressWarnings", "invisible", "")
#: What comes after the head of one of these may or may not happen.
HEADS = ("if", "for", "while", "function")

OPEN, CLOSE = ("(", "[", "{"), (")", "]", "}")
#: A line that ends so goes on with the next one.
UNFINISHED = (*"+-*/^=<>!&|~?$@,:\\", "else", "repeat")


class Asked(t.NamedTuple):
    """A package that a script asks for, where it does, and whether the script certainly ends there without it."""

    package: str
    line: int
    sure: bool


class Bracket(t.NamedTuple):
    """A bracket that is open: where, of which function, and whether a call that is first in it happens for sure."""

    place: int
    function: str
    sure: bool


class Reader:
    """Goes once over the words of a script; ``found`` and ``sources`` (files that it names to source()) are what it saw."""

    def __init__(self, text: str) -> None:
        self.words = tokens(text)
        self.found: list[Asked] = []
        self.sources: list[str] = []
        self._open: list[Bracket] = []
        self._sure = [False] * len(self.words)
        self._read()

    def _read(self) -> None:
        goes_on, after_newline = False, True
        for k, word in enumerate(self.words):
            self._sure[k] = self._happens(k, begins=after_newline and not goes_on)
            after_newline = word.kind == "newline" or word.text == ";"
            if not after_newline:
                goes_on = word.kind == "operator" and not word.text.startswith(":") or self._sign(k) in UNFINISHED
            if self._sign(k) in OPEN:
                self._enter(k)
            elif self._sign(k) in CLOSE and self._open:
                goes_on = self._open.pop().function in HEADS
            elif word.text in ("::", ":::") and word.kind == "operator" and k and self.words[k - 1].names:
                self._note(self.words[k - 1], sure=False)
            elif word.kind == "name" and word.text in ARGUMENTS:
                self._argument(k)

    def _happens(self, k: int, begins: bool) -> bool:
        """Say whether a call that begins with this word, which ``begins`` a statement, happens for sure. Private."""
        if not self._open:
            return begins
        around = self._open[-1]
        return around.sure and (k == around.place + 1 or (begins and self.words[around.place].text == "{"))

    def _sign(self, k: int) -> str:
        """Return a word that is neither a string nor beyond the last one, or nothing. Private."""
        return (
            self.words[k].text if 0 <= k < len(self.words) and self.words[k].kind not in ("string", "backtick") else ""
        )

    def _enter(self, k: int) -> None:
        """Note a bracket that opens, and look at its call. Private."""
        round_one = self.words[k].text == "("
        function = self.words[k - 1].text if round_one and k and self.words[k - 1].kind in ("name", "backtick") else ""
        begin = k - 1 if function else k
        if self._sign(begin - 1) in ("::", ":::"):
            begin -= 2
        sure = self._sure[begin]
        self._open.append(Bracket(k, function, sure and self.words[k].text != "[" and function in QUIETLY))
        if function in ONE:
            self._one(k, function, sure and function in SURE, of=self._sign(begin))
        elif function in MANY:
            for item in self._items(k):
                if len(item) == 1 and item[0].names:
                    self._note(item[0], sure=False)
        elif function in ("source", "sys.source"):
            self.sources += [item[0].text for item in self._items(k)[:1] if item and item[0].kind == "string"]

    def _items(self, k: int) -> list[list[Token]]:
        """Return the words of each argument of the call whose bracket is there. Private."""
        items, depth = [[]], 0
        for j in range(k + 1, len(self.words)):
            sign = self._sign(j)
            depth += (sign in OPEN) - (sign in CLOSE)
            if depth < 0:
                break
            if sign == "," and not depth:
                items.append([])
            elif self.words[j].kind != "newline":
                items[-1].append(self.words[j])
        return items

    def _one(self, k: int, function: str, sure: bool, of: str) -> None:
        """Note the package of a call that names one. Private."""
        items = self._items(k)
        named = {item[0].text: item[2:] for item in items if len(item) > 2 and item[1].text == "="}
        plain = [item for item in items if not (len(item) > 1 and item[1].text == "=")]
        given = next((named[name] for name in ONE[function] if name in named), plain[0] if plain else [])
        quoted = ("requireNamespace", "loadNamespace", "attachNamespace")
        if len(given) != 1 or not given[0].names or "character.only" in named:
            return
        # A name without quotes is a variable's to these; and from() is the package import's alone.
        if (function in quoted and given[0].kind != "string") or (function == "from" and of != "import"):
            return
        self._note(given[0], sure)

    def _argument(self, k: int) -> None:
        """Note the packages that a call is to have on its workers: a string, or several in c(). Private."""
        function = self._open[-1].function if self._open else ""
        if self._sign(k + 1) != "=" or not function.startswith(ARGUMENTS[self.words[k].text]):
            return
        several = self._sign(k + 2) == "c" and self._sign(k + 3) == "("
        for item in self._items(k + 3) if several else [self.words[k + 2 : k + 3]]:
            if len(item) == 1 and item[0].kind == "string":
                self._note(item[0], sure=False)

    def _note(self, word: Token, sure: bool) -> None:
        if re.fullmatch(R_PACKAGE, word.text):
            self.found.append(Asked(word.text, word.line, sure))
