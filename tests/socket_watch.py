"""Sees every look-up of a name and every connection that Python makes in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_lists: list[list[str]] = []
_hooked: list[bool] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _lists and event in _EVENTS:
        where = args[1] if event in ("socket.connect", "socket.sendto") else args[0]
        if isinstance(where, tuple) or event.startswith("socket.gethost") or "info" in event:
            for seen in _lists:
                seen.append(f"{event} {where}")


@contextmanager
def watched_sockets() -> Iterator[list[str]]:
    """What is connected to and looked up inside the block (pipes between processes aside)."""
    if not _hooked:  # an audit hook stays for good
        sys.addaudithook(_hook)
        _hooked.append(True)
    seen: list[str] = []
    _lists.append(seen)
    try:
        yield seen
    finally:
        _lists.remove(seen)
