"""Before the training: what will be trained, in words, and where it is kept."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import TrainingConfig
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.training_wizard.pages import scrolling
from tumordesk.gui.training_wizard.widgets import Card
from tumordesk.session.training import Draft, new_run_folder
from tumordesk.session.training_progress import order_words

_PARTS = (("train", "Training"), ("val", "validation"), ("test", "test"))
_GOES_ON = (
    "It runs as a program of its own: pause it, stop it and keep the best, or close this window "
    "and find it again later. Everything stays on this computer."
)


class TrainStart(QWidget):
    """``changed``: whether the training may start may be another now."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = ""
        self.config: TrainingConfig | None = None
        self.all_folds = False
        self._lines = QGridLayout()
        self._lines.setHorizontalSpacing(tokens.SPACE_16)
        self._lines.setVerticalSpacing(tokens.SPACE_8)
        self._lines.setColumnStretch(1, 1)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the training")
        self.folder = QLineEdit()
        self.folder.setAccessibleName("Run folder")
        self.words = label("", "", "error", wrap=True)
        order = Card("What will be trained", "train")
        order.column.addLayout(self._lines)
        self._place = Card("Where it is kept", "folder")
        self._place.column.addLayout(self._place_row())
        note = "Checkpoints, curves and results go there; an existing run is never overwritten."
        self._place.column.addWidget(label(note, "small", wrap=True))
        inner = QWidget()
        column = tight(QVBoxLayout(inner), tokens.SPACE_12)
        column.addWidget(order)
        column.addWidget(self._place)
        column.addWidget(self.words)
        column.addWidget(label(_GOES_ON, "secondary", wrap=True))
        column.addStretch(1)
        tight(QVBoxLayout(self)).addWidget(scrolling(inner))
        self.folder.textChanged.connect(self._folder_changed)

    def _place_row(self) -> QBoxLayout:
        row = tight(QHBoxLayout(), tokens.SPACE_8)
        choose = QPushButton("&Choose…")
        choose.clicked.connect(self._choose)
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        return row

    def set_expert(self, expert: bool) -> None:
        """The folder is a thing for experts; others get a new one in their user folder."""
        self._place.setVisible(expert)

    def show_draft(self, draft: Draft) -> None:
        """Read the order again."""
        if not self.folder.text() or Path(self.folder.text()).exists():
            self.folder.setText(str(new_run_folder(draft.title)))
        try:
            self.config = draft.config()
            self.problem = ""
        except ConfigError as error:
            self.config, self.problem = None, str(error)
        self.all_folds = draft.folds > 0
        rows = [("Data", _data_words(draft)), ("Split", _split_words(draft))]
        if self.all_folds:
            each = f"{draft.folds} trainings, one after the other, each tested on another fold"
            rows.append(("Folds", each))
        if self.config is not None:
            rows += order_words(self.config)
        self._show(rows)
        self._folder_changed()

    def _show(self, rows: list[tuple[str, str]]) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, (name, words) in enumerate(rows):
            top = Qt.AlignmentFlag.AlignTop
            self._lines.addWidget(label(name, "secondary"), number, 0, top)
            self._lines.addWidget(label(words, wrap=True), number, 1)

    def _folder_changed(self) -> None:
        self.words.setText(self.problem or self._folder_problem())
        self.words.setVisible(bool(self.words.text()))
        self.changed.emit()

    def _folder_problem(self) -> str:
        text = self.folder.text().strip()
        if not text or not Path(text).is_absolute():
            return "Choose a folder for the training."
        if Path(text).exists():
            return f"{Path(text).name} is there already. Choose a new name."
        return ""

    @property
    def ready(self) -> bool:
        """Whether the training may start."""
        return self.config is not None and not self._folder_problem()

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Keep the training in")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        name = Path(self.folder.text()).name or "run"
        dialog.fileSelected.connect(lambda chosen: self.folder.setText(str(Path(chosen) / name)))
        dialog.open()


def _data_words(draft: Draft) -> str:
    name = Path(draft.data.root).name
    report = draft.report
    if report is None:
        return name
    known = f", {report.patients.count} patients" if report.patients.known else ""
    left = f"; {len(draft.data.exclude)} left out" if draft.data.exclude else ""
    return f"{name}: {report.pictures} {report.many(report.pictures)}{known}{left}"


def _split_words(draft: Draft) -> str:
    found = draft.split_report
    if found is None:
        return "–"
    counts = {part: sum(found.counts.get(part, {}).values()) for part, _ in _PARTS}
    words = " · ".join(f"{name} {counts[part]}" for part, name in _PARTS)
    noun = draft.report.many(2) if draft.report is not None else "pictures"
    return f"{words} {noun} ({found.origin})" if found.origin else f"{words} {noun}"
