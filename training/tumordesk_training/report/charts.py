"""The charts of a report: curves, ROC, calibration, confusion, Dice by patient."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tumordesk.core.evaluation import Evaluation
from tumordesk_training.history import Epoch, score_name
from tumordesk_training.report.canvas import INK, QUIET, SERIES, Canvas, SvgCanvas, lighter
from tumordesk_training.report.plot import Plot

WIDTH, HEIGHT = 440, 300
Make = type[Canvas]

TITLES = {
    "balanced_accuracy": "Balanced accuracy on validation",
    "dice_classes_mean": "Dice on validation, mean over classes",
    "dice_mean": "Dice on validation, mean over groups",
    "dice_by_image_mean": "Dice on validation, mean over pictures",
}


def curves(epochs: Sequence[Epoch], task: str, make: Make = SvgCanvas) -> list[str]:
    """Loss, validation figure and learning rate over the epochs, as elements of a page."""
    score = score_name(epochs, task)
    names = (("loss", "Training loss"), (score, TITLES[score]), ("rate", "Learning rate"))
    return [
        _curve(epochs, name, title, make)
        for name, title in names
        if any(epoch.get(name) is not None for epoch in epochs)
    ]


def _curve(epochs: Sequence[Epoch], name: str, title: str, make: Make) -> str:
    canvas = make(WIDTH, 240, title)
    points = [(float(e.number), v) for e in epochs if (v := e.get(name)) is not None]
    values = [y for _, y in points]
    low = 0.0 if name != "rate" and min(values) < 0.5 else min(values)
    plot = Plot(
        canvas,
        (points[0][0], points[-1][0]),
        (low, max(values) + 0.04 * (max(values) - low)),
        x_name="epoch",
        x_whole=True,
    )
    plot.line(points, SERIES[0])
    return canvas.html()


def roc(found: Evaluation, make: Make = SvgCanvas) -> str:
    """Receiver operating characteristic of each class against the rest; '' without any."""
    rows = [row for row in found.class_figures if row.roc]
    if len(found.class_figures) == 2:
        rows = rows[1:]  # the other one is its mirror
    if not rows:
        return ""
    canvas = make(WIDTH, HEIGHT, "ROC, each class against the rest")
    plot = Plot(canvas, (0.0, 1.0), (0.0, 1.0), x_name="false-positive rate",
                y_name="true-positive rate")  # fmt: skip
    plot.line([(0.0, 0.0), (1.0, 1.0)], QUIET, 1.0, dashed=True)
    for row, colour in zip(rows, SERIES, strict=False):
        plot.line(row.roc, colour)
    plot.legend([f"{row.name}  AUC {row.auc:.3f}" for row in rows[: len(SERIES)]])
    return canvas.html()


def calibration(found: Evaluation, make: Make = SvgCanvas) -> str:
    """Share of right answers by stated probability; '' without any."""
    if not found.calibration:
        return ""
    canvas = make(WIDTH, HEIGHT, "Calibration")
    plot = Plot(canvas, (0.0, 1.0), (0.0, 1.0), x_name="probability stated",
                y_name="share right")  # fmt: skip
    for row in found.calibration:
        plot.bar((row.low + 0.01, row.high - 0.01), (0.0, row.accuracy), lighter(SERIES[0], 0.45))
        x, y = plot.at((row.low + row.high) / 2, 0.0)
        canvas.text(x, y - 8, str(row.pictures), size=10, anchor="middle")
    plot.line([(0.0, 0.0), (1.0, 1.0)], INK, 1.0, dashed=True)
    return canvas.html()


def confusion(found: Evaluation, make: Make = SvgCanvas) -> str:
    """Pictures by true class (rows) and said class (columns); '' without any."""
    if not found.confusion:
        return ""
    names, table = [short(name) for name in found.classes], np.array(found.confusion)
    cell = max(34, min(72, 380 // len(names)))
    left, top = 30 + max(7 * max(map(len, names)), 40), 62
    width = max(300, left + cell * len(names) + 16)
    canvas = make(width, top + cell * len(names) + 14, "Confusion: rows are the truth")
    canvas.text(10, 16, canvas.title, size=14)
    of_row = table / np.maximum(1, table.sum(axis=1, keepdims=True))
    for i, name in enumerate(names):
        canvas.text(left - 8, top + (i + 0.5) * cell, name, anchor="end", size=11)
        canvas.text(left + (i + 0.5) * cell, top - 10, name[: cell // 6], anchor="middle", size=11)
        for j in range(len(names)):
            x, y = left + j * cell, top + i * cell
            share = float(of_row[i, j])
            canvas.box(x, y, cell - 2, cell - 2, lighter(SERIES[0], 0.06 + 0.94 * share))
            colour = "#ffffff" if share > 0.55 else INK
            canvas.text(
                x + cell / 2 - 1, y + cell / 2 - 1, str(table[i, j]), anchor="middle", colour=colour
            )
    return canvas.html()


def short(name: str, limit: int = 22) -> str:
    """A name that fits beside a chart."""
    return name if len(name) <= limit else name[: limit - 1] + "…"


def box_plot(found: Evaluation, make: Make = SvgCanvas) -> str:
    """Dice of each group (patient), median and quartiles; '' without any."""
    values = [v for row in found.groups.values() if (v := row.get("dice")) is not None]
    if not values:
        return ""
    canvas = make(WIDTH, HEIGHT, f"Dice of {len(values)} groups (patients)")
    floor = math.floor(min(values) * 10.0 - 0.2) / 10.0
    shown = (floor if floor > 0.25 else 0.0, 1.0)
    plot = Plot(canvas, (0.0, 1.0), shown, y_name="Dice", x_numbers=False)
    low, first, middle, third, high = whiskers(values)
    plot.bar((0.30, 0.50), (first, third), lighter(SERIES[0], 0.3))
    plot.line([(0.30, middle), (0.50, middle)], SERIES[0], 3.0)
    for near, far in ((first, low), (third, high)):
        plot.line([(0.40, near), (0.40, far)], INK, 1.0)
        plot.line([(0.36, far), (0.44, far)], INK, 1.0)
    for index, value in enumerate(sorted(values)):
        across = 0.62 + 0.10 * ((index * 0.618034) % 1.0)  # spread, so that equal ones are seen
        canvas.dot(*plot.at(across, value), 3.0, SERIES[1])
    canvas.text(*plot.at(0.28, middle), f"median {middle:.3f}", anchor="end", size=11)
    return canvas.html()


def whiskers(values: Sequence[float]) -> tuple[float, float, float, float, float]:
    """Lower whisker, quartiles, upper whisker (Tukey: at most 1.5 box heights away)."""
    first, middle, third = (float(v) for v in np.percentile(values, (25, 50, 75)))
    reach = 1.5 * (third - first)
    low = min(v for v in values if v >= first - reach)
    high = max(v for v in values if v <= third + reach)
    return min(low, first), first, middle, third, max(high, third)
