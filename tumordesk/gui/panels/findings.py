"""The findings panel: what was found, in numbers that lead to their place in the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from tumordesk.core.activation import map_mark
from tumordesk.core.finding import AnalysisResult, Lesion, Measurements, Provenance
from tumordesk.core.study import Series
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers, outline_view
from tumordesk.gui.panels.change_view import ChangeView
from tumordesk.gui.panels.lesion_view import LesionView
from tumordesk.gui.panels.notices import notice, notices, origins
from tumordesk.gui.panels.parts import clear
from tumordesk.gui.panels.rows import PlaceRow
from tumordesk.gui.panels.segment_sizes import names_of
from tumordesk.gui.panels.totals_view import TotalsView
from tumordesk.session.layers import Layer, SeriesResults

SHOWN_LESIONS = 5


class FindingsPanel(QWidget):
    """Numbers of the active outline, and what the last classifier says."""

    jump_requested = Signal(int, float, float)
    """(slice index, row, column)."""
    lesion_selected = Signal(object)
    """The Lesion whose diameters are to be drawn."""
    save_requested = Signal()
    series_requested = Signal(str)
    """Key of the earlier series that a change is counted from."""
    classifier_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.lesions: tuple[LesionView, ...] = ()
        self.totals: TotalsView | None = None
        self.change: ChangeView | None = None
        self.type: PlaceRow | None = None
        self.save_button: QPushButton | None = None
        self.more_button: QPushButton | None = None
        self._shown: tuple[Series | None, SeriesResults | None, bool] = (None, None, False)
        self._all_lesions_of = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(tokens.SPACE_4, 0, tokens.SPACE_4, tokens.SPACE_8)
        self._column.setSpacing(tokens.SPACE_8)
        self.show_results(None, None, False)

    def show_results(
        self, series: Series | None, results: SeriesResults | None, running: bool
    ) -> None:
        """Show what is known of ``series``; ``running`` while a model works on it."""
        clear(self._column)
        self.lesions = ()
        self.totals = self.change = self.type = None
        self.save_button = None
        self.more_button = None
        self._shown = (series, results, running)
        layer = results.active if results is not None else None
        classes = results.classification if results is not None else None
        if series is None or (layer is None and classes is None):
            self._add(outline_view.nothing_yet(series, running))
        else:
            self._show_found(series, layer, classes, running)
        self._column.addStretch(1)

    def _show_found(
        self,
        series: Series,
        layer: Layer | None,
        classes: AnalysisResult | None,
        running: bool,
    ) -> None:
        if running:
            self._add(notice("Running. These are the findings of the run before."))
        measured = layer.measurements if layer is not None else None
        if layer is not None:
            self._show_totals(series, layer)
        self._show_classes(classes, below=layer is not None)
        made = [r.provenance for r in (layer.result if layer else None, classes) if r is not None]
        self._add_notices([text for one in made for text in one.warnings], ())
        if layer is not None and measured is not None:
            self._show_lesions(series, layer, measured)
        notes = [text for one in made for text in one.notes]
        self._add_notices((), [*notes, *(measured.notes if measured is not None else ())])
        self._add_save()
        self._add(origins(_distinct(made)))

    def _show_totals(self, series: Series, layer: Layer) -> None:
        """The whole study, and what changed since an earlier one."""
        words, measured = outline_view.without_numbers(series, layer), layer.measurements
        if words is not None:
            self._add(words)
        elif measured is not None:
            self.totals = TotalsView(series, layer, measured)
            self.totals.lesion_requested.connect(self._to_lesion)
            self.totals.slice_requested.connect(self._to_slice)
            self._add(self.totals)
        results = self._shown[1]
        if results is not None and results.change is not None:
            self._add_rule()
            self.change = ChangeView(results.change)
            self.change.series_requested.connect(self.series_requested)
            self._add(self.change)

    def _to_lesion(self, lesion: Lesion) -> None:
        for view in self.lesions:
            if view.lesion is lesion:
                view.show_diameters()

    def _show_classes(self, classes: AnalysisResult | None, *, below: bool) -> None:
        """What the last classifier says, in a line; the classifier panel has all of it."""
        if classes is None or classes.classification is None:
            return
        if below:
            self._add_rule()
        found = classes.classification
        sure = found.probabilities[found.winner]
        text = found.answer if found.detects else f"Type: {found.answer}"
        amount, tip = numbers.probability(sure), "Show the classifier"
        if found.undecided:
            tip = f"The likeliest is {found.labels[found.winner]}, {amount}. {tip}"
            amount = numbers.Quantity(numbers.DASH, "")
        self.type = PlaceRow(text, amount, "", tip)
        self.type.clicked.connect(self.classifier_requested)
        self._add(self.type)

    def _show_lesions(self, series: Series, layer: Layer, measured: Measurements) -> None:
        whole = self._all_lesions_of == f"{series.key}/{layer.key}"
        shown = measured.lesions if whole else measured.lesions[:SHOWN_LESIONS]
        word = "Region" if map_mark(layer.segments) else "Lesion"
        views = []
        for lesion in shown:
            self._add_rule()
            view = LesionView(
                lesion,
                series.slices,
                estimated=measured.volume_estimated,
                word=word,
                names=names_of(layer),
            )
            view.jump_requested.connect(self.jump_requested)
            view.selected.connect(self.lesion_selected)
            views.append(view)
            self._add(view)
        self.lesions = tuple(views)
        if len(measured.lesions) > SHOWN_LESIONS:
            self._add_more(f"{series.key}/{layer.key}", len(measured.lesions) - len(shown))
        unknown = outline_view.no_place(layer)
        if unknown:
            self._add(notice(unknown))

    def _add_more(self, key: str, hidden: int) -> None:
        more = QPushButton(f"Show {hidden} more" if hidden else "Show fewer")
        more.setObjectName("moreLesions")

        def toggle() -> None:
            focused = more.hasFocus()
            self._all_lesions_of = key if hidden else ""
            self.show_results(*self._shown)
            if focused and self.more_button is not None:
                self.more_button.show()  # what is not seen yet takes no focus
                self.more_button.setFocus()

        more.clicked.connect(toggle)
        self.more_button = more
        self._add(more)

    def _add_notices(self, warnings: Sequence[str], notes: Sequence[str]) -> None:
        if warnings or notes:
            self._add(notices(warnings, notes))

    def _add_save(self) -> None:
        self.save_button = QPushButton("Export…")
        self.save_button.clicked.connect(self.save_requested)
        self._add(self.save_button)

    def _add(self, widget: QWidget, *, indent: bool = False) -> None:
        if indent:
            widget.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
        self._column.addWidget(widget)

    def _add_rule(self) -> None:
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedHeight(tokens.LINE_PX)
        self._column.addWidget(rule)

    def _to_slice(self, index: int) -> None:
        """Go to a slice, to the outline there or else to the middle."""
        series = self._shown[0]
        if series is None:
            return
        for view in self.lesions:
            lesion: Lesion = view.lesion
            if lesion.slice_range[0] <= index <= lesion.slice_range[1]:
                self.jump_requested.emit(index, *lesion.centroid[1:])
                return
        self.jump_requested.emit(index, (series.rows - 1) / 2, (series.columns - 1) / 2)


def _distinct(made: Sequence[Provenance]) -> list[Provenance]:
    return list({(one.model_id, one.model_version): one for one in made}.values())
