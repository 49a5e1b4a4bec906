"""Evaluations as files of the run folder: ``evaluation/<part>.json`` and ``<part>-cases.csv``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.evaluation import CaseResult, Evaluation
from tumordesk.core.jsonio import atomic_write, from_plain, read_json, write_json
from tumordesk.core.training_run import CHECKPOINTS, EVALUATION

BEST = "best.pt"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""First characters that a spreadsheet takes for a formula."""


def evaluation_path(run: Path, part: str) -> Path:
    """Where the evaluation of a part lies."""
    return run / EVALUATION / f"{part}.json"


def write_evaluation(run: Path, found: Evaluation) -> None:
    """Write the evaluation and its cases into the run folder, atomically. Raises WriteError."""
    path = evaluation_path(run, found.part)
    write_table(path.with_name(f"{found.part}-cases.csv"), *case_rows(found))
    write_json(path, found)


def read_evaluation(run: Path, part: str) -> Evaluation:
    """Read the evaluation of a part. Raises ConfigError where there is none, or a damaged one."""
    path = evaluation_path(run, part)
    if not path.is_file():
        raise ConfigError(
            f"{run.name} has not been evaluated on its {part} part.",
            f"Run 'tumordesk-train evaluate {run.name} --part {part}' first.",
        )
    return from_plain(Evaluation, read_json(path), f"{run.name}/{path.name}")


def is_outdated(run: Path, part: str) -> bool:
    """Whether a better checkpoint was found since the part was evaluated."""
    best, measured = run / CHECKPOINTS / BEST, evaluation_path(run, part)
    if not best.is_file() or not measured.is_file():
        return False
    return best.stat().st_mtime > measured.stat().st_mtime


def case_rows(found: Evaluation) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the cases table."""
    if found.task == "classification":
        header = ["picture", "group", "truth", "said", *(f"p({name})" for name in found.classes)]
        return header, [[c.key, c.group, c.truth, c.said, *c.probabilities] for c in found.cases]
    header = ["picture", "group", "dice", "iou", "hd95_px", "hd95_mm", "true_px", "found_px"]
    return header, [_outline_row(case) for case in found.cases]


def _outline_row(case: CaseResult) -> list[Any]:
    figures = (case.dice, case.iou, case.hd95_px, case.hd95_mm)
    return [case.key, case.group, *figures, case.true_px, case.found_px]


def write_table(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    overwrite: bool = True,
) -> None:
    """Write a CSV file (UTF-8, comma) atomically; None is an empty cell.

    Raises:
        WriteError: it cannot be written, or is there already and ``overwrite`` is False.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    data = text.getvalue().encode("utf-8")
    atomic_write(path, lambda temporary: _write(temporary, data), overwrite=overwrite)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return f"'{text}" if text.startswith(_DANGEROUS) and isinstance(value, str) else text
