"""Single entries of nested settings, named by paths such as "optimiser.rate" or "input.size.0"."""

from __future__ import annotations

from typing import Any


def entry(plain: Any, path: str) -> Any:
    """The value at ``path`` in plain data (dicts and lists); None where something is missing."""
    value = plain
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def with_entry(
    settings: dict[str, Any], path: str, value: Any, plain: dict[str, Any]
) -> dict[str, Any]:
    """A copy of ``settings`` with another value at ``path``.

    ``plain``: the whole configuration, which gives the other items of a list. Tuples become lists.
    """
    head, _, last = path.rpartition(".")
    if last.isdigit():
        whole = list(entry(plain, head) or [])
        whole[int(last)] = value
        return with_entry(settings, head, whole, plain)
    return _put(settings, path.split("."), list(value) if isinstance(value, tuple) else value)


def _put(settings: dict[str, Any], names: list[str], value: Any) -> dict[str, Any]:
    first, *rest = names
    old = settings.get(first)
    inner = old if isinstance(old, dict) else {}
    return {**settings, first: _put(inner, rest, value) if rest else value}
