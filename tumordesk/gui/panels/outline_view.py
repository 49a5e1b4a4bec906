"""The first words of the findings: how large, or what else there is to say."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from tumordesk.core.finding import Measurements
from tumordesk.core.study import Sequence, Series
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.numbers import Quantity
from tumordesk.gui.panels.parts import label
from tumordesk.gui.panels.rows import amount, fact
from tumordesk.session.layers import Layer

NOTHING_OPEN = ("No series open", "Drop a scan or a picture on the window, or press Ctrl+O.")
NOTHING_RUN = (
    "Nothing run yet",
    "Press Run (Ctrl+R). The tumour is outlined, measured, and its type estimated.",
)
RUNNING = ("Looking for tumour…", "Findings appear here. The pictures stay usable meanwhile.")
MEASURING = ("Measuring your outline…", "The numbers appear in a moment.")
EMPTY_OUTLINE = ("Your outline is empty", "Paint with the brush (B) to measure something.")
NO_TUMOUR = "No tumour found"
NO_PROOF = "This does not rule a tumour out."
MINE = "Measurements of your outline"
SIDE_NO_ORIENTATION = "No side: the file does not say which way the head faces."
SIDE_NO_HEAD = "No side: the series does not show the whole width of a head."


def _box() -> tuple[QWidget, QVBoxLayout]:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(tokens.SPACE_8, tokens.SPACE_4, tokens.SPACE_8, 0)
    column.setSpacing(tokens.SPACE_4)
    return box, column


def _words(title: str, text: str) -> QWidget:
    box, column = _box()
    column.addWidget(label(title, "strong", wrap=True))
    column.addWidget(label(text, "secondary", wrap=True))
    return box


def nothing_yet(series: Series | None, running: bool) -> QWidget:
    """What to do, where there is no result."""
    if series is None:
        return _words(*NOTHING_OPEN)
    return _words(*(RUNNING if running else NOTHING_RUN))


def headline(series: Series, layer: Layer) -> QWidget:
    """The volume in large figures, or why there is none."""
    measured = layer.measurements
    if measured is None:
        return _words(*MEASURING)
    if not measured.voxels:
        return _words(*EMPTY_OUTLINE) if layer.editable else _no_tumour(series, layer)
    box, column = _box()
    count = numbers.counted(len(measured.lesions), "lesion")
    if measured.volume_ml is not None:
        column.addWidget(amount(numbers.volume(measured.volume_ml), "number"))
        column.addWidget(label(f"Tumour volume, {count}", "secondary", wrap=True))
    else:
        column.addWidget(amount(numbers.share(measured.share_of_pixels), "number"))
        column.addWidget(label(f"{_of_what(series)}, {count}", "secondary", wrap=True))
    for reason in measured.refused:
        column.addWidget(label(reason, "small", "warning", wrap=True))
    if layer.editable:
        column.addWidget(label(MINE, "small", "success", wrap=True))
    return box


def _of_what(series: Series) -> str:
    if series.slices == 1:
        return (
            "Tumour's share of the picture" if series.is_picture else "Tumour's share of the slice"
        )
    return "Tumour's share of all slices"


def _no_tumour(series: Series, layer: Layer) -> QWidget:
    made = layer.result.provenance if layer.result is not None else None
    what = numbers.counted(series.slices, "slice")
    if series.guess.sequence is not Sequence.UNKNOWN:
        what += f" of {series.guess.sequence.shown}"
    by = f" with {made.model_id} {made.model_version}" if made is not None else ""
    return _words(NO_TUMOUR, f"Looked at {what}{by}. {NO_PROOF}")


def shares(series: Series, measured: Measurements) -> QWidget:
    """How much of the stack is outlined."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    if series.slices > 1:
        found = len(measured.tumour_slices)
        words = Quantity(
            f"{found} of {series.slices}", f"({numbers.share(measured.share_of_slices)})"
        )
        column.addWidget(fact("Slices with tumour", words))
    if measured.volume_ml is None:
        column.addWidget(fact("Outlined", Quantity(numbers.grouped(measured.voxels), "px")))
    else:
        column.addWidget(fact("Share of all pixels", numbers.share(measured.share_of_pixels)))
    return box


def no_side(layer: Layer) -> str:
    """Why left or right is not told."""
    return SIDE_NO_ORIENTATION if layer.geometry.affine is None else SIDE_NO_HEAD
