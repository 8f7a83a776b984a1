"""The one error type."""

from __future__ import annotations

import typing as t


class FestivalError(Exception):
    """What a user must know: cause, object and next step in one message. ``facts`` go with it to whoever asked."""

    def __init__(self, message: str, **facts: t.Any) -> None:
        super().__init__(message)
        self.facts = facts
