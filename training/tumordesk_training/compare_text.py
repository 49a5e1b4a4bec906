"""``tumordesk-train compare`` as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tumordesk.core.evaluation import Interval
from tumordesk.core.run_warnings import told_together
from tumordesk_training.compare import Comparison, Row

FIGURES = (
    "accuracy", "balanced_accuracy", "macro_f1", "auc", "ece",
    "dice_mean", "dice_classes_mean", "dice_by_image_mean", "iou_mean", "hd95_mm_median",
    "hd95_px_median", "false_positive_share",
)  # fmt: skip
"""In the order of tables."""


def table_text(comparison: Comparison) -> str:
    """All runs, then whether they may be ranked, what is missing, and the warnings of figures."""
    names = [n for n in FIGURES if any(n in row.figures for row in comparison.rows)]
    header = ["run", "architecture", "parameters", "input", "epochs", "s/epoch", "split", *names]
    splits = list(dict.fromkeys(row.split_id for row in comparison.rows))
    lines = [header, *(_cells(row, names, splits) for row in comparison.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines]
    notes = [f"{Path(row.run).name}: {row.note}" for row in comparison.rows if row.note]
    measured = [(Path(row.run).name, row.warnings) for row in comparison.rows if row.figures]
    sentences = [f"Note: {sentence}" for sentence in told_together(measured)]
    return "\n".join(line.rstrip() for line in [*text, _told(comparison), *notes, *sentences])


def _told(comparison: Comparison) -> str:
    if comparison.same_split:
        return f"All measured on the same {comparison.part} part of the same split."
    if comparison.side_by_side:
        return f"Different splits: side by side, no ranking between them. {comparison.reason}"
    return f"NOT COMPARABLE: {comparison.reason}"


def _cells(row: Row, names: Sequence[str], splits: Sequence[str]) -> list[str]:
    seconds = "" if row.seconds_per_epoch is None else f"{row.seconds_per_epoch:.0f}"
    figures = [_figure(row.figures.get(name)) for name in names]
    size = f"{row.parameters / 1e6:.2f} M"
    return [
        Path(row.run).name,
        row.architecture,
        size,
        row.input,
        str(row.epochs),
        seconds,
        _split(row, splits),
        *figures,
    ]


def _split(row: Row, splits: Sequence[str]) -> str:
    """With a number that runs of one split share, where there are several."""
    number = f"{splits.index(row.split_id) + 1}: " if len(splits) > 1 else ""
    return f"{number}{row.split}, copies {row.copies}"


def _figure(figure: Interval | None) -> str:
    if figure is None:
        return ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
