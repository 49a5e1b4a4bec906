"""The segments panel: what is outlined on this series, by a model or by the person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label
from tumordesk.gui.panels.segment_row import SegmentRow
from tumordesk.session.layers import Layer, SeriesResults

EMPTY = "No outline yet. Press Run (Ctrl+R): what a model outlines appears here."


class SegmentsPanel(QWidget):
    """One row for each layer; rows stay as they are while their layer changes."""

    look_changed = Signal(str, object)
    """(layer key, {'visible': bool} or {'opacity': 0..1})."""
    layer_selected = Signal(str)
    copy_requested = Signal(str)
    remove_requested = Signal(str)
    training_requested = Signal(str)
    part_requested = Signal(str, bool)
    """The layer is to go to the person's training set."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, SegmentRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(tokens.SPACE_4, 0, tokens.SPACE_4, 0)
        self._column.setSpacing(tokens.SPACE_4)
        self._empty = label(EMPTY, "secondary", wrap=True)
        self._empty.setContentsMargins(tokens.SPACE_4, 0, tokens.SPACE_4, tokens.SPACE_4)
        self._column.addWidget(self._empty)

    @property
    def rows(self) -> tuple[SegmentRow, ...]:
        """The rows from top to bottom."""
        return tuple(self._rows.values())

    def show_results(self, results: SeriesResults | None) -> None:
        """Show these layers; None or no layers shows what to do next."""
        layers = results.layers if results is not None else []
        active = results.active if results is not None else None
        if [layer.key for layer in layers] != list(self._rows):
            self._match_rows(layers)
        for layer, name in zip(layers, _names(layers), strict=True):
            self._rows[layer.key].show_layer(layer, name, active=layer is active)
        self._empty.setVisible(not layers)

    def _match_rows(self, layers: Sequence[Layer]) -> None:
        """Add, remove and reorder rows; those that stay keep their focus."""
        wanted = {layer.key for layer in layers}
        for key in [key for key in self._rows if key not in wanted]:
            row = self._rows.pop(key)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        ordered: dict[str, SegmentRow] = {}
        for index, layer in enumerate(layers):
            row = self._rows.get(layer.key) or self._new_row(layer)
            self._column.insertWidget(index, row)
            ordered[layer.key] = row
        self._rows = ordered

    def _new_row(self, layer: Layer) -> SegmentRow:
        row = SegmentRow(layer)
        row.selected.connect(self.layer_selected)
        row.look_changed.connect(self.look_changed)
        row.copy_requested.connect(self.copy_requested)
        row.remove_requested.connect(self.remove_requested)
        row.training_requested.connect(self.training_requested)
        row.part_requested.connect(self.part_requested)
        return row


def _names(layers: Sequence[Layer]) -> list[str]:
    """Names of layers; those of two models with the same name are told apart by the model."""
    count = Counter((layer.name, layer.origin) for layer in layers)
    return [
        f"{layer.name}, {layer.result.provenance.model_id}"
        if count[(layer.name, layer.origin)] > 1 and layer.result is not None
        else layer.name
        for layer in layers
    ]
