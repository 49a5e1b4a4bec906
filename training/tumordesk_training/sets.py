"""Sets of things that belong together."""

from __future__ import annotations

from collections.abc import Iterable


class Sets:
    """Joins things that belong together (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def root(self, name: str) -> str:
        """The name that stands for the set of ``name``."""
        self._parent.setdefault(name, name)
        while self._parent[name] != name:
            self._parent[name] = self._parent[self._parent[name]]
            name = self._parent[name]
        return name

    def join(self, first: str, second: str) -> None:
        """Put both into one set."""
        self._parent[self.root(second)] = self.root(first)

    def of(self, names: Iterable[str]) -> list[tuple[str, ...]]:
        """Sets of ``names``, and their members, in the order of ``names``."""
        found: dict[str, list[str]] = {}
        for name in names:
            found.setdefault(self.root(name), []).append(name)
        return [tuple(members) for members in found.values()]
