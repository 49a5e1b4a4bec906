"""A defect of the program: said plainly, with a report that holds no patient data."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QWidget

from tumordesk.core.errors import WriteError
from tumordesk.core.jsonio import atomic_write
from tumordesk.gui.crash import CrashReport
from tumordesk.gui.dialogs.base import BaseDialog, text_label


class CrashDialog(BaseDialog):
    """Shows the report and saves it where the person says."""

    def __init__(self, report: CrashReport, parent: QWidget | None = None) -> None:
        super().__init__("TumorDesk ran into a defect", parent)
        self._report = report
        self.body.addWidget(text_label("TumorDesk ran into a defect", "strong"))
        text = (
            "Your scans and outlines are still open. Save the report and send it to whoever looks "
            "after TumorDesk for you: it holds no patient data, no file names and no picture."
        )
        self.body.addWidget(text_label(text, "secondary"))
        view = QPlainTextEdit(report.text)
        view.setReadOnly(True)
        self.body.addWidget(view, 1)
        self._told = text_label("", "small")
        self.body.addWidget(self._told)
        self.save_button = self.add_button("Save report…")
        self.save_button.clicked.connect(self._choose)
        self.add_close()

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Save the report", "tumordesk-report.txt")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(lambda name: self.save(Path(name)))
        dialog.open()

    def save(self, path: Path) -> None:
        """Write the report to ``path``; a failure is said in the dialog."""
        data = self._report.text.encode("utf-8")

        def write(temporary: Path) -> None:
            temporary.write_bytes(data)

        try:
            # The file dialog has asked whether to replace a file that is there.
            atomic_write(path, write)
            self._told.setText(f"Saved as {path.name}.")
        except WriteError as error:
            self._told.setText(str(error))
