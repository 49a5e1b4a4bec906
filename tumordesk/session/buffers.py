"""Which series stay in memory: the least recently shown ones leave first."""

from __future__ import annotations

from collections import OrderedDict

from tumordesk.session.image_source import ImageSource

DEFAULT_BUDGET_BYTES = 2 * 1024**3


class BufferPool:
    """Image sources by series key, bounded by bytes. The one asked for last is never dropped."""

    def __init__(self, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> None:
        self._budget_bytes = budget_bytes
        self._sources: OrderedDict[str, ImageSource] = OrderedDict()

    def get(self, key: str) -> ImageSource | None:
        """The source of that series, now the most recently used one; None when not held."""
        source = self._sources.get(key)
        if source is not None:
            self._sources.move_to_end(key)
        return source

    def put(self, key: str, source: ImageSource) -> None:
        """Keep ``source``; older ones leave when the budget is exceeded."""
        self._sources[key] = source
        self._sources.move_to_end(key)
        self.trim()

    def drop(self, key: str) -> None:
        """Forget one series (closed, or its loading was cancelled)."""
        self._sources.pop(key, None)

    def trim(self) -> None:
        """Drop the least recently used sources until the budget is kept."""
        while len(self._sources) > 1 and self.nbytes > self._budget_bytes:
            self._sources.popitem(last=False)

    @property
    def nbytes(self) -> int:
        """Bytes of all sources held."""
        return sum(source.nbytes for source in self._sources.values())

    def __len__(self) -> int:
        return len(self._sources)

    def __contains__(self, key: str) -> bool:
        return key in self._sources
