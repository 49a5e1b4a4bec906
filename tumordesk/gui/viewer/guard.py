"""Painting must never raise: Qt may crash when a Python paint method does."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar

_log = logging.getLogger(__name__)
_Method = TypeVar("_Method", bound=Callable[..., None])

failures: list[str] = []
"""Names of paint methods that failed since the start (each is logged once); tests look here."""


def never_raises(method: _Method) -> _Method:
    """Wrap a paint method: what it raises is logged once, and the picture stays incomplete."""
    name = method.__qualname__

    @functools.wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            method(*args, **kwargs)
        except Exception:  # noqa: BLE001 - the boundary to Qt's C++ paint loop
            if name not in failures:
                _log.exception("painting failed in %s", name)
                failures.append(name)

    return guarded  # type: ignore[return-value]
