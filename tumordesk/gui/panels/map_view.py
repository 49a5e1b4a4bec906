"""The activation map in the classifier panel: shown or not, how strong, and how it meets the
outline."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from tumordesk.core.activation import ActivationMap, Focus
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.notices import notice
from tumordesk.gui.panels.numbers import Quantity
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.panels.rows import fact
from tumordesk.gui.panels.segment_row import PERCENT_TEXT_W

WAITING = {
    "making": "The activation map is being made.",
    "waiting": "The activation map follows.",
    "failed": "There is no activation map.",
}


class MapView(QWidget):
    """Switch, opacity, numbers, and the button that makes an outline of the map's region."""

    look_changed = Signal(bool, float)
    region_requested = Signal()

    def __init__(
        self, found: ActivationMap | None, focus: Focus | None, state: str, problem: str
    ) -> None:
        super().__init__()
        column = tight(QVBoxLayout(self), tokens.SPACE_4)
        self.switch = QCheckBox("Show where it looked")
        self.switch.setToolTip("Activation map over the picture (G)")
        self.switch.setAccessibleName("Show where it looked")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setPageStep(10)
        self.slider.setAccessibleName("Opacity of the activation map")
        self.slider.setToolTip("Opacity of the activation map")
        self._percent = label("", "small")
        self._percent.setFixedWidth(PERCENT_TEXT_W)
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.region = QPushButton("Outline the map's region")
        self.region.setAccessibleName("Outline the map's region")
        self.region.setToolTip(
            "Adds the brightest part of the map as a layer, marked as what it is: not an outline "
            "of the tumour"
        )
        column.addWidget(self.switch)
        line = tight(QHBoxLayout(), tokens.SPACE_4)
        line.addWidget(self.slider, 1)
        line.addWidget(self._percent)
        column.addLayout(line)
        if found is None:
            column.addWidget(label(problem or WAITING.get(state, ""), "small", wrap=True))
        else:
            for widget in _told(found, focus):
                column.addWidget(widget)
        column.addSpacing(tokens.SPACE_4)
        column.addWidget(self.region)
        for widget in (self.switch, self.slider, self.region):
            widget.setEnabled(found is not None)
        self.switch.clicked.connect(self._changed)
        self.slider.valueChanged.connect(self._changed)
        self.region.clicked.connect(self.region_requested)

    def show_look(self, visible: bool, opacity: float) -> None:
        """What the viewer shows; says nothing back."""
        self.switch.setChecked(visible)
        blocked = self.slider.blockSignals(True)
        if not self.slider.isSliderDown():
            self.slider.setValue(round(100 * opacity))
        self.slider.blockSignals(blocked)
        self._percent.setText(f"{self.slider.value()}\N{NO-BREAK SPACE}%")

    def _changed(self) -> None:
        self._percent.setText(f"{self.slider.value()}\N{NO-BREAK SPACE}%")
        moved = self.sender() is self.slider
        if moved and not self.switch.isChecked():
            self.switch.setChecked(True)  # who moves the slider wants to see the map
        self.look_changed.emit(self.switch.isChecked(), self.slider.value() / 100)


def _told(found: ActivationMap, focus: Focus | None) -> list[QWidget]:
    method = label(f"{found.method}, for {found.label}", "small", wrap=True)
    told: list[QWidget] = [method]
    if focus is None:
        return told
    if focus.inside_share is not None:
        share = fact("Map inside the outline", numbers.share(focus.inside_share))
        if focus.expected_share is not None:
            even = numbers.share(focus.expected_share)
            share.setToolTip(f"A map equally bright everywhere in the head would have {even} there")
        told.append(_flush(share))
    if focus.overlap is not None:
        overlap = fact("Overlap with the outline", Quantity(f"{focus.overlap:.2f}", ""))
        overlap.setToolTip(
            "Dice of the outline and the map's brightest pixels, as many as the outline has: "
            "1 is the same, 0 is apart"
        )
        told.append(_flush(overlap))
    if focus.verdict == "elsewhere":
        told.append(notice(focus.text, "warning"))
    else:
        told.append(label(focus.text, "small", wrap=True))
    return told


def _flush(row: QWidget) -> QWidget:
    inner = row.layout()
    if inner is not None:
        inner.setContentsMargins(0, 0, 0, 0)
    return row
