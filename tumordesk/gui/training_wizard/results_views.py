"""The two faces of the results: of a classifier, and of a model that outlines."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from tumordesk.core.evaluation import CaseResult, Evaluation
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.training_wizard.beside import Beside, ViewStack, reveal
from tumordesk.gui.training_wizard.box_plot import BoxPlot
from tumordesk.gui.training_wizard.case_dialog import CaseDialog
from tumordesk.gui.training_wizard.comparison_table import ComparisonTable
from tumordesk.gui.training_wizard.confusion_view import ConfusionView
from tumordesk.gui.training_wizard.explain_store import ExplainStore
from tumordesk.gui.training_wizard.picture_grid import PictureGrid
from tumordesk.gui.training_wizard.pieces import Pieces
from tumordesk.gui.training_wizard.roc_view import CalibrationView, RocView
from tumordesk.gui.training_wizard.switch import Switch
from tumordesk.gui.training_wizard.tables import ClassTable
from tumordesk.session import results

_CELL_HINT = "Choose a cell of the matrix: the pictures behind it are shown here."
_BOX_HINT = "Every point is a patient. Click one, or use the arrows and Enter."
_FIGURES = ("Dice", "IoU", "HD95")
_FIGURE_TIPS = (
    "Overlap of outline and truth: 1 is the same",
    "Shared area by joint area: 1 is the same",
    "95 % of the outline lies nearer to the truth than this: smaller is better",
)
_PATIENT_HINT = "Choose a point: the pictures of that patient are shown here."


class TabbedView(QWidget):
    """Views under a row of words; ``shown(name)`` when another one is chosen."""

    shown = Signal(str)

    def __init__(self, views: dict[str, QWidget], tips: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self._names = tuple(views)
        self.tabs = Switch(self._names, tips)
        self._stack = ViewStack(self)
        row = tight(QHBoxLayout())
        row.addWidget(self.tabs)
        row.addStretch(1)
        column = tight(QVBoxLayout(self), tokens.SPACE_12)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        for view in views.values():
            self._stack.addWidget(view)
        self.tabs.chosen.connect(self.show_tab)
        self._stack.show_view(self._stack.widget(0))

    @property
    def tab(self) -> str:
        """The word that is chosen."""
        return self._names[self.tabs.index]

    def show_tab(self, index: int) -> None:
        """Show a view by its place."""
        self.tabs.set_index(index)
        self._stack.show_view(self._stack.widget(index))
        self.shown.emit(self._names[index])


class CaseOpener:
    """Opens single cases large, one dialog at a time."""

    def __init__(self, owner: QWidget, store: ExplainStore) -> None:
        self._owner, self._store = owner, store

    def open(self, found: Evaluation, cases: tuple[CaseResult, ...], place: int) -> CaseDialog:
        """Show a case of a grid."""
        dialog = CaseDialog(found, cases, place, self._store, self._owner.window())
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog


class ClassifierView(TabbedView):
    """Confusion matrix with pictures, classes and curves, mistakes, runs."""

    def __init__(self, store: ExplainStore, parent: QWidget) -> None:
        self.runs = ComparisonTable()
        self.matrix = ConfusionView()
        self.cell = PictureGrid(store, _CELL_HINT)
        self.classes = ClassTable()
        self.roc, self.calibration = RocView(), CalibrationView()
        self.wrong = PictureGrid(store)
        self._opener = CaseOpener(self, store)
        self._found: Evaluation | None = None
        views = {
            "Confusion": Beside(self.matrix, self.cell),
            "Classes and curves": Beside(
                _titled("Classes", self.classes), _Charts(self.roc, self.calibration)
            ),
            "Mistakes": self.wrong,
            "All runs": self.runs,
        }
        tips = (
            "Which classes are taken for which",
            "Precision, recall, ROC and calibration",
            "Wrong answers, the surest first",
            "Every run of this task with its split, side by side",
        )
        super().__init__(views, tips, parent)
        self.matrix.opened.connect(self.open_cell)
        for grid in (self.cell, self.wrong):
            grid.opened.connect(lambda place, grid=grid: self._open(grid, place))

    def show_evaluation(self, found: Evaluation) -> None:
        """Show a classifier."""
        self._found = found
        self.matrix.show_evaluation(found)
        self.cell.clear(_CELL_HINT)
        self.classes.show_evaluation(found)
        self.roc.show_evaluation(found)
        self.calibration.show_evaluation(found)
        wrong = results.mistakes(found)
        title = f"{len(wrong)} wrong answers, the surest first" if wrong else "No wrong answer"
        self.wrong.show_cases(found, wrong, title)

    def open_cell(self, truth: int, said: int) -> None:
        """Show the pictures behind a cell."""
        found = self._found
        if found is None:
            return
        cases = results.cell_cases(found, truth, said)
        names = found.classes
        title = f"{names[truth]}, said {names[said]}: {len(cases)}"
        self.cell.show_cases(found, cases, title)
        reveal(self.cell)

    def _open(self, grid: PictureGrid, place: int) -> None:
        if self._found is not None:
            self._opener.open(self._found, grid.cases, place)

    def charts(self) -> dict[str, QWidget]:
        """What can be saved as pictures."""
        self.roc.make()
        self.calibration.make()
        return {
            "confusion": self.matrix.table,
            "roc": self.roc,
            "calibration": self.calibration,
        }


class OutlinerView(TabbedView):
    """Box plot over patients with pictures, best and worst cases, runs."""

    def __init__(self, store: ExplainStore, parent: QWidget) -> None:
        self.runs = ComparisonTable()
        self.box = BoxPlot()
        self.patient = PictureGrid(store, _PATIENT_HINT)
        self.worst, self.best = PictureGrid(store), PictureGrid(store)
        self._opener = CaseOpener(self, store)
        self._found: Evaluation | None = None
        self.figure = Switch(_FIGURES, _FIGURE_TIPS)
        self.figure.chosen.connect(self._draw_box)
        patients = QWidget()
        column = tight(QVBoxLayout(patients), tokens.SPACE_8)
        column.addLayout(self._head())
        column.addWidget(self.box)
        column.addWidget(self.patient, 1)
        views = {
            "Patients": patients,
            "Worst and best": Beside(self.worst, self.best),
            "All runs": self.runs,
        }
        tips = (
            "Overlap of each patient, with the pictures behind it",
            "Pictures outlined worst and best",
            "Every run of this task with its split, side by side",
        )
        super().__init__(views, tips, parent)
        self.box.opened.connect(self.open_patient)
        for grid in (self.patient, self.worst, self.best):
            grid.opened.connect(lambda place, grid=grid: self._open(grid, place))

    def show_evaluation(self, found: Evaluation) -> None:
        """Show a model that outlines."""
        self._found = found
        there = {name for _, name in results.group_figures(found)}
        for place, name in enumerate(_FIGURES):
            self.figure.button(place).setEnabled(place == 0 or name in there)
        self.figure.set_index(0)
        self._draw_box(0)
        self.patient.clear(_PATIENT_HINT)
        self.worst.show_cases(found, results.worst_outlines(found), "Worst")
        self.best.show_cases(found, results.best_outlines(found), "Best")

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        words = tight(QVBoxLayout())
        self._box_title = label("", "strong")
        words.addWidget(self._box_title)
        words.addWidget(label(_BOX_HINT, "small"))
        row.addLayout(words, 1)
        row.addWidget(self.figure)
        return row

    def _draw_box(self, place: int) -> None:
        """Show another figure of the patients."""
        found = self._found
        if found is None:
            return
        name = _FIGURES[place]
        key = next((k for k, n in results.group_figures(found) if n == name), "")
        values = results.group_values(found, key) if key else ()
        top = results.axis_top([v for _, v in values]) if name == "HD95" else 1.0
        unit = {"hd95_mm": ", mm", "hd95_px": ", pixels"}.get(key, "")
        together = ", all classes as one" if len(found.classes) > 2 else ""
        title = f"{name} per patient{unit}{together}"
        self._box_title.setText(title)
        self.box.show_values(values, title, top)

    def open_patient(self, group: str) -> None:
        """Show the pictures of a patient."""
        if self._found is not None:
            self.box.choose(group)
            cases = results.group_cases(self._found, group)
            count = "1 picture" if len(cases) == 1 else f"{len(cases)} pictures"
            self.patient.show_cases(self._found, cases, f"{group}: {count}")
            reveal(self.patient)

    def _open(self, grid: PictureGrid, place: int) -> None:
        if self._found is not None:
            self._opener.open(self._found, grid.cases, place)

    def charts(self) -> dict[str, QWidget]:
        """What can be saved as pictures."""
        return {"dice": self.box}


class _Charts(QWidget):
    """Two charts side by side, made one after the other once they are seen."""

    def __init__(self, roc: RocView, calibration: CalibrationView) -> None:
        super().__init__()
        self._charts = (roc, calibration)
        self._pieces = Pieces(self)
        row = tight(QHBoxLayout(self), tokens.SPACE_16)
        for chart in self._charts:
            row.addWidget(chart, 1)

    def showEvent(self, event: QShowEvent) -> None:
        """Make them where that was not done."""
        super().showEvent(event)
        self._pieces.add(*(chart.make for chart in self._charts))


def _titled(title: str, body: QWidget, words: str = "") -> QWidget:
    box = QWidget()
    column = tight(QVBoxLayout(box), tokens.SPACE_4)
    column.addWidget(label(title, "strong"))
    if words:
        column.addWidget(label(words, "small"))
    column.addWidget(body, 1)
    return box
