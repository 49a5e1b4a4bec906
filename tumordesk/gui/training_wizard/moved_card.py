"""Says that the data of a training are not where they were, and asks where they are now."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QPushButton, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.banner import Message
from tumordesk.gui.icons import icon
from tumordesk.gui.jobs import Failure
from tumordesk.gui.panels.parts import IconLabel
from tumordesk.gui.training_wizard.beside import words
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.session.moved_data import missing_data, move_data

_GONE = "The data folder '{name}' is not where it was. Say where it is now."
_CHOSEN = "The data are taken from '{name}' now. If that is another folder, choose again."


class MovedCard(QFrame):
    """Not there while the data are where they were.

    ``looked``: it is known whether they are. ``moved``: it was written down where they are now.
    """

    looked = Signal()
    moved = Signal()

    def __init__(self, context: WizardContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setProperty("tone", "warning")
        self.missing = ""
        self._context = context
        self._run: Path | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.SPACE_12, tokens.SPACE_8, tokens.SPACE_12, tokens.SPACE_8)
        row.setSpacing(tokens.SPACE_8)
        row.addWidget(IconLabel("warning", "warning"), 0, Qt.AlignmentFlag.AlignVCenter)
        self.words = words("", tone="warning")
        row.addWidget(self.words, 1)
        self.choose = QPushButton(icon("folder"), " Choose the &data folder…")
        self.choose.clicked.connect(self._ask)
        row.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    def look(self, run: Path | None) -> None:
        """Find out whether the data of ``run`` are where they were; what is known of it stays."""
        if run != self._run:
            self._run, self.missing = run, ""
            self.hide()
        if run is not None:
            self._context.runner.submit(
                "io",
                f"missing-data:{id(self)}",
                lambda _: missing_data(run),
                done=lambda name: self._take(run, name),
                failed=lambda _: None,  # whoever needs the configuration tells
            )

    def _take(self, run: Path, name: str) -> None:
        if run != self._run:
            return
        if name or self.missing:
            self.words.setText(_GONE.format(name=name))
            self.setVisible(bool(name))
        self.missing = name
        self.looked.emit()

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Choose the folder that the training learned from")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.use(Path(name)))
        dialog.open()

    def use(self, folder: Path) -> None:
        """Take ``folder`` for the data folder of the run, where it is now."""
        run = self._run
        if run is not None:
            self._context.runner.submit(
                "io",
                f"move-data:{id(self)}",
                lambda _: move_data(run, folder),
                done=lambda _: self._done(run, folder),
                failed=self._refused,
            )

    def _done(self, run: Path, folder: Path) -> None:
        if run == self._run:
            self.missing = ""
            self.words.setText(_CHOSEN.format(name=folder.name))
            self.moved.emit()

    def _refused(self, failure: Failure) -> None:
        self._context.say(Message("error", failure.message, failure.hint))
