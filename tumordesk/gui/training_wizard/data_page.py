"""Data: which folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QPushButton

from tumordesk.gui.panels.parts import ElidedLabel
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.pages import Page


class DataPage(Page):
    """Choose the folder with the pictures."""

    stage = "data"
    title = "Choose your data"
    hint = "A folder of pictures that somebody has labelled: class folders, or pictures with masks."

    def __init__(self, context: WizardContext) -> None:
        super().__init__(context)
        self.choose = QPushButton("&Choose folder…")
        self.choose.clicked.connect(self._choose)
        self._shown = ElidedLabel("")
        self.body.addWidget(self.choose)
        self.body.addWidget(self._shown)
        self.body.addStretch(1)

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Choose the data folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.use_folder(Path(name)))
        dialog.open()

    def use_folder(self, folder: Path) -> None:
        """Take a folder."""
        self.context.draft.use_folder(folder)
        self._shown.set_full(str(folder))
        self.changed.emit()

    def complete(self) -> bool:
        """Once a folder is chosen."""
        return bool(self.context.draft.data.root)

    def next_sentence(self) -> str:
        """What Next does."""
        return "Next looks at every picture." if self.complete() else "Choose a folder to go on."
