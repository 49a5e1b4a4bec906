"""A report's numbers as CSV files, for other programs."""

from __future__ import annotations

from pathlib import Path

from tumordesk_training.evaluation.files import case_rows, write_table
from tumordesk_training.report.content import Content


def write_tables(content: Content, folder: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write ``curves.csv`` (one row for each epoch) and ``cases.csv`` (one for each case).

    Raises:
        WriteError: one cannot be written, or is there already and ``overwrite`` is False.
    """
    names = sorted({name for epoch in content.epochs for name in epoch.values})
    scalar = [n for n in names if any(e.get(n) is not None for e in content.epochs)]
    curves, cases = folder / "curves.csv", folder / "cases.csv"
    rows = [[epoch.number, *(epoch.get(name) for name in scalar)] for epoch in content.epochs]
    write_table(curves, ["epoch", *scalar], rows, overwrite=overwrite)
    header, found = case_rows(content.found)
    named = [[content.name(row[0]), content.name(row[1]), *row[2:]] for row in found]
    write_table(cases, header, named, overwrite=overwrite)
    return curves, cases
