"""What is named by its content: one content gives one name wherever it is asked for, two contents never give the same."""

from __future__ import annotations

import hashlib
import json
import typing as t


def content_id(content: t.Any, digits: int = 12) -> str:
    """Return the first hex digits of the SHA-256 of plain data: text, numbers, true, false, null, lists, and dicts by text.

    What is hashed is the structure, so that neither neighbours nor types run into each other: ["ab"] is not ["a", "b"], and
    1 is not "1". The order of a dict's keys does not count. Text may be a file name that is no UTF-8, as Python reads it
    (surrogateescape). Raises TypeError for other data and ValueError for a number that is none.
    """
    text = json.dumps(_plain(content), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _plain(content: t.Any) -> t.Any:
    """Return the data in Python's own types: json itself would take the key 1 for the key "1". Private."""
    if isinstance(content, dict):
        for key in content:
            if not isinstance(key, str):
                raise TypeError(f"{key!r} is not text, and so no key of what is named by its content")
        return {key: _plain(value) for key, value in content.items()}
    return [_plain(item) for item in content] if isinstance(content, (list, tuple)) else content
