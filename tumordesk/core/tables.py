"""CSV files that spreadsheets open as they are meant, and that are either whole or not there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from tumordesk.core.jsonio import atomic_write

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the same signs in full width, which East Asian spreadsheets take alike."""
BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the country."""


def safe_cell(value: object) -> str:
    """A value as the text of a cell; numbers as they are, None as nothing.

    Text that a spreadsheet would take for a formula ('=1+1', '@SUM') gets an apostrophe before
    it, as OWASP advises against CSV injection; texts come from headers, which nobody vouches for.
    """
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    text = " ".join(str(value).replace("\x00", "").splitlines())
    return f"'{text}" if text.startswith(_RISKY) else text


def table_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The table as CSV (RFC 4180), first a line of column names."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return text.getvalue()


def write_table(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]], *, overwrite: bool = False
) -> None:
    """Write a CSV file in UTF-8 with a byte order mark. Raises WriteError as ``atomic_write``."""
    data = (BOM + table_text(columns, rows)).encode("utf-8", "replace")
    atomic_write(path, lambda part: _put(part, data), overwrite=overwrite)


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)
