"""The first words of the findings: how large, or what else there is to say."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from tumordesk.core.study import Sequence, Series
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.parts import label
from tumordesk.imaging.verdicts import verdict_words
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
SIDE_NO_ORIENTATION = "No side: the file does not say which way the head faces."
SIDE_UNEVEN = "No side: where the slices lie is not known well enough."
SIDE_NO_HEAD = "No side: the series does not show the whole width of a head."
PLACE_NO_HEAD = "No front or back, upper or lower: the series does not show a whole head."


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
    box = _words(*(RUNNING if running else NOTHING_RUN))
    words = verdict_words(series.geometry)
    column = box.layout()
    if words is not None and column is not None:
        for text in words.texts:
            column.addWidget(label(text, "small", "warning" if words.weak else "", wrap=True))
    return box


def without_numbers(series: Series, layer: Layer) -> QWidget | None:
    """What is said instead of numbers: still measuring, or nothing outlined; else None."""
    measured = layer.measurements
    if measured is None:
        untouched = layer.editable and not layer.edits and not layer.copied_from
        return _words(*(EMPTY_OUTLINE if untouched else MEASURING))
    if measured.voxels:
        return None
    return _words(*EMPTY_OUTLINE) if layer.editable else _no_tumour(series, layer)


def _no_tumour(series: Series, layer: Layer) -> QWidget:
    made = layer.result.provenance if layer.result is not None else None
    what = numbers.counted(series.slices, "slice")
    if series.guess.sequence is not Sequence.UNKNOWN:
        what += f" of {series.guess.sequence.shown}"
    by = f" with {made.model_id} {made.model_version}" if made is not None else ""
    return _words(NO_TUMOUR, f"Looked at {what}{by}. {NO_PROOF}")


def no_place(layer: Layer) -> str:
    """What is not told of where the lesions lie, and why; empty where all is told."""
    measured = layer.measurements
    lesions = measured.lesions if measured is not None else ()
    if any(lesion.side is None for lesion in lesions):
        if layer.geometry.affine is not None:
            return SIDE_NO_HEAD
        known = layer.geometry.directions is not None
        return SIDE_UNEVEN if known else SIDE_NO_ORIENTATION
    return PLACE_NO_HEAD if any(lesion.location is None for lesion in lesions) else ""
