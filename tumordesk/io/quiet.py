"""Silence around parsers: their warnings quote patient values, and belong in no log or console."""

from __future__ import annotations

import logging
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom.errors import BytesLengthException, InvalidDicomError

HOSTILE_ERRORS: tuple[type[Exception], ...] = (
    ValueError,  # also UnicodeError
    TypeError,
    RuntimeError,  # also RecursionError, NotImplementedError
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    EOFError,
    OSError,
    MemoryError,
    struct.error,
    zlib.error,
    BytesLengthException,
    InvalidDicomError,
)
"""What parsers are known to raise on damaged or hostile files (measured by fuzzing)."""

_lock = threading.Lock()
_depth = 0
_saved: warnings.catch_warnings[None] | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore Python warnings while inside.

    ``warnings.catch_warnings`` is not safe when threads overlap, so one shared context is
    opened by the first thread that enters and closed by the last that leaves.
    """
    global _depth, _saved
    with _lock:
        if _depth == 0:
            _saved = warnings.catch_warnings()
            _saved.__enter__()
            warnings.simplefilter("ignore")
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0 and _saved is not None:
                _saved.__exit__(None, None, None)
                _saved = None


def silence_parser_logs() -> None:
    """Keep pydicom's own log lines, which quote values, out of every handler."""
    logger = logging.getLogger("pydicom")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)
