"""The classifier panel: what classifiers say, how sure, where they looked, and what to doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QCheckBox, QFrame, QPushButton, QVBoxLayout, QWidget

from tumordesk.core.calibration import calibration_note
from tumordesk.core.finding import Classification
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Series
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.answer_grid import AnswerGrid, ModelRow
from tumordesk.gui.panels.map_view import MapView
from tumordesk.gui.panels.notices import notice
from tumordesk.gui.panels.parts import clear, label
from tumordesk.gui.panels.rows import slice_links
from tumordesk.session.agreement import agreement
from tumordesk.session.layers import SeriesResults

NOTHING = "No classifier has read this series yet."
NO_OTHER = "No other classifier is at hand. Add or train one to compare."


@dataclass(frozen=True, eq=False)
class ClassifierState:
    """All that the panel shows of a series.

    ``chosen``: model id of the answer shown in full. ``cards``: of the models that answered.
    ``others``: (id, name) of classifiers that have not read the series. ``map_state``: as
    MapController.state of the chosen one; ``map_problem`` why there is no map.
    """

    series: Series
    results: SeriesResults
    chosen: str = ""
    cards: Mapping[str, ModelCard] = field(default_factory=dict)
    others: tuple[tuple[str, str], ...] = ()
    running: bool = False
    map_state: str = "waiting"
    map_problem: str = ""
    slice_index: int = 0
    map_visible: bool = False
    map_opacity: float = 0.5

    @property
    def answers(self) -> dict[str, Classification]:
        """Answers by model id."""
        found = self.results.classifications.items()
        return {model: one.classification for model, one in found if one.classification}


class ClassifierPanel(QWidget):
    """Shows a :class:`ClassifierState` and says what the person does with it."""

    slice_requested = Signal(int)
    model_chosen = Signal(str)
    look_changed = Signal(bool, float)
    """(map visible, opacity 0..1)."""
    region_requested = Signal(str)
    run_requested = Signal(object)
    """Model ids, tuple of str."""

    def __init__(self) -> None:
        super().__init__()
        self.state: ClassifierState | None = None
        self.grid: AnswerGrid | None = None
        self.map: MapView | None = None
        self.rows: tuple[ModelRow, ...] = ()
        self.ticks: dict[str, QCheckBox] = {}
        self.run_button: QPushButton | None = None
        self._ticked: set[str] = set()
        self._gone: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(
            tokens.SPACE_12, tokens.SPACE_4, tokens.SPACE_12, tokens.SPACE_8
        )
        self._column.setSpacing(tokens.SPACE_8)
        self.show_state(None)

    def show_state(self, state: ClassifierState | None) -> None:
        """Show this, or that nothing is open."""
        focused = self._focused()
        self._gone = list(self.findChildren(QWidget))
        clear(self._column)
        self.state, self.grid, self.map, self.run_button = state, None, None, None
        self.rows, self.ticks = (), {}
        if state is None or not state.answers:
            self._column.addWidget(label(NOTHING, "secondary", wrap=True))
        else:
            self._show_answers(state)
        if state is not None:
            self._show_others(state)
        self._refocus(focused)
        self._gone = []

    def show_slice(self, index: int) -> None:
        """Another slice is shown: its probabilities."""
        if self.grid is not None:
            self.grid.show_slice(index)

    def show_look(self, visible: bool, opacity: float) -> None:
        """The map was shown, hidden or faded elsewhere."""
        if self.map is not None:
            self.map.show_look(visible, opacity)

    # Parts ---------------------------------------------------------------------------------

    def _show_answers(self, state: ClassifierState) -> None:
        answers = state.answers
        chosen = state.chosen if state.chosen in answers else next(reversed(answers))
        said = agreement(answers)
        if said is not None:
            self._column.addWidget(notice(said.text, "" if said.agree else "warning"))
            self._show_models(answers, chosen)
        shown = answers[chosen]
        self.grid = AnswerGrid(answers, chosen, state.series.slices)
        self.grid.show_slice(state.slice_index)
        self._column.addWidget(self.grid)
        if shown.undecided:
            self._column.addWidget(label("Undecided: no class reaches 50 %.", "small", "warning"))
        self._show_slices(state, shown)
        card = state.cards.get(chosen)
        if card is not None:
            sure = shown.probabilities[shown.winner]
            note = label(calibration_note(card.calibration, sure), "small", wrap=True)
            note.setToolTip(_calibration_tip(card))
            self._column.addWidget(note)
        self._show_unlike(shown)
        self._rule()
        self._show_map(state, chosen)

    def _show_models(self, answers: Mapping[str, Classification], chosen: str) -> None:
        rows = []
        for number, (model, answer) in enumerate(answers.items(), start=1):
            row = ModelRow(number, model, answer, chosen=model == chosen)
            row.clicked.connect(lambda _=False, model=model: self.model_chosen.emit(model))
            self._column.addWidget(row)
            rows.append(row)
        self.rows = tuple(rows)

    def _show_slices(self, state: ClassifierState, shown: Classification) -> None:
        if state.series.slices < 2 or not shown.driving_slices:
            return
        read, driving = len(shown.slices), sorted(shown.driving_slices)
        words = f"Read on {numbers.counted(read, 'slice')}"
        if len(driving) < read:
            words += ", clearest on"
        self._column.addWidget(label(words, "small", wrap=True))
        self._column.addWidget(slice_links(driving, self.slice_requested.emit))

    def _show_unlike(self, shown: Classification) -> None:
        if shown.unlike is None:
            return
        if shown.unlike.unlike:
            self._column.addWidget(notice(shown.unlike.text, "warning"))
            return
        line = label(shown.unlike.text, "small", wrap=True)
        line.setToolTip(shown.unlike.method)
        self._column.addWidget(line)

    def _show_map(self, state: ClassifierState, chosen: str) -> None:
        found, focus = state.results.maps.get(chosen), state.results.foci.get(chosen)
        self.map = MapView(found, focus, state.map_state, state.map_problem)
        self.map.show_look(state.map_visible, state.map_opacity)
        self.map.look_changed.connect(self.look_changed)
        self.map.region_requested.connect(lambda: self.region_requested.emit(chosen))
        self._column.addWidget(self.map)

    def _show_others(self, state: ClassifierState) -> None:
        self._rule()
        if not state.others:
            if state.answers:
                self._column.addWidget(label(NO_OTHER, "small", wrap=True))
            return
        words = "Compare with" if state.answers else "Classifiers"
        self._column.addWidget(label(words, "heading"))
        for model, name in state.others:
            tick = QCheckBox(model)
            tick.setToolTip(name)
            tick.setAccessibleName(f"Run {model} too")
            tick.setChecked(model in self._ticked)
            tick.setEnabled(not state.running)
            tick.toggled.connect(lambda on, model=model: self._tick(model, on))
            self.ticks[model] = tick
            self._column.addWidget(tick)
        self.run_button = QPushButton("Run ticked classifiers")
        self.run_button.setAccessibleName("Run ticked classifiers")
        self.run_button.clicked.connect(self._run)
        self._column.addWidget(self.run_button)
        self._enable_run()

    def _rule(self) -> None:
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedHeight(tokens.LINE_PX)
        self._column.addWidget(rule)

    # Hands ---------------------------------------------------------------------------------

    def _tick(self, model: str, on: bool) -> None:
        (self._ticked.add if on else self._ticked.discard)(model)
        self._enable_run()

    def _enable_run(self) -> None:
        if self.run_button is None or self.state is None:
            return
        ready = any(tick.isChecked() for tick in self.ticks.values())
        self.run_button.setEnabled(ready and not self.state.running)
        self.run_button.setToolTip(
            "A run goes on" if self.state.running else "" if ready else "Tick a classifier first"
        )

    def _run(self) -> None:
        wanted = tuple(model for model, tick in self.ticks.items() if tick.isChecked())
        self._ticked -= set(wanted)
        self.run_requested.emit(wanted)

    def _focused(self) -> str:
        widget = QApplication.focusWidget()
        return widget.accessibleName() if widget is not None and self.isAncestorOf(widget) else ""

    def _refocus(self, name: str) -> None:
        """What had the keyboard keeps it, though it was made anew."""
        everything: list[QWidget] = list(self.findChildren(QWidget)) if name else []
        for widget in everything:
            if widget.accessibleName() == name and widget not in self._gone:
                widget.show()  # what is not seen yet takes no focus
                widget.setFocus()
                return


def _calibration_tip(card: ModelCard) -> str:
    if card.calibration is None:
        return "The card of this model holds no calibration"
    error = 100 * card.calibration.error
    return (
        f"Expected calibration error {error:.1f} percentage points, measured on single pictures "
        f"({card.calibration.n} {card.calibration.part} pictures of {card.calibration.data})"
    )
