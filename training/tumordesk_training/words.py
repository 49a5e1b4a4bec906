"""Numbers and lists as people write them."""

from __future__ import annotations

from collections.abc import Sequence


def many(count: int, noun: str) -> str:
    """'1 set', '2 sets'."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def percent(part: int, whole: int) -> str:
    """'64 %'; '<1 %' for what is little, but there."""
    share = 100.0 * part / max(1, whole)
    return "<1 %" if 0 < share < 0.5 else f"{share:.0f} %"


def together(words: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
