"""Times, sizes and numbers as a reader wants them."""

from __future__ import annotations

import re
import typing as t

#: Colours and movements of a terminal, which a page has not; and characters that are none.
TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def duration(seconds: float) -> str:
    """Say how long, as precisely as it matters."""
    if seconds < 0.0095:
        return f"{seconds * 1000:.2g} ms" if seconds > 0 else "0 s"
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def clock(seconds: float) -> str:
    """Return seconds as 0:07, 12:34 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def when(moment: t.Any) -> str:
    """Return an ISO 8601 moment of UTC as a reader wants it."""
    return re.sub(r"[.]\d+", "", str(moment or "")).replace("T", " ").replace("+00:00", " UTC")


def counted(count: int, word: str) -> str:
    """Return 1 task, 2 tasks or 10,000 tasks; losses and retries, not losss and retrys."""
    return f"{count:,} {word if count == 1 else plural(word)}"


def plural(word: str) -> str:
    """Return the word for several."""
    if word.endswith("y"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith("s") else f"{word}s"


def times(count: int) -> str:
    """Return once, or 2 times."""
    return "once" if count == 1 else f"{count} times"


def size_text(size: float) -> str:
    """Return a size: 512 bytes, 1.5 MB."""
    for unit in ("bytes", "kB", "MB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"


def tasks_text(first: int, count: int) -> str:
    """Name tasks as a reader counts them."""
    return f"task {first}" if count == 1 else f"tasks {first}–{first + count - 1}"


def natural(name: str) -> list:
    """Return a sort key that has worker 10 after worker 9."""
    return [int(part) if index % 2 else part for index, part in enumerate(re.split(r"([0-9]+)", name))]


def clean(text: str) -> str:
    """Return what a terminal would still show: the last state of lines that were overwritten, no colours."""
    lines = TERMINAL.sub("", text.replace("\r\n", "\n")).split("\n")
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines)
