"""The audit log: what was run on what and what was exported, to look through and to take along."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from tumordesk.core.errors import ReadError, plain_reason
from tumordesk.gui import tokens
from tumordesk.gui.dialogs.audit_table import AuditModel, AuditRow, AuditTable, rows_of
from tumordesk.gui.dialogs.base import BaseDialog, text_label
from tumordesk.gui.jobs import Failure, JobRunner, RunnerContext
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.training_wizard.controls import Choice
from tumordesk.session.audit import (
    AuditLog,
    AuditRead,
    write_entries_csv,
    write_entries_json,
)
from tumordesk.session.folder_peek import number

_PERIODS = ((0, "Any time"), (1, "Last day"), (7, "Last 7 days"), (30, "Last 30 days"),
            (365, "Last 12 months"))  # fmt: skip
_WORDS = (
    "Every run and every export on this computer, without names: a study is shown as a code that "
    "cannot be turned back. The log is only ever added to."
)
_WIDTH, _HEIGHT = 1240, 620


class AuditDialog(BaseDialog):
    """Reads the log in the background; shows, filters and exports it."""

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__("Audit log", parent)
        self._runner = runner
        self._read: AuditRead | None = None
        self.model = AuditModel(self)
        self.table = AuditTable(self.model)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter: a code, a model, a word")
        self.filter.setAccessibleName("Filter")
        self.filter.setClearButtonEnabled(True)
        self.period = Choice(_PERIODS)
        self.period.setAccessibleName("Period")
        self.count = label("Reading the log", "secondary")
        self.body.addWidget(text_label(_WORDS, "secondary"))
        row = tight(QHBoxLayout(), tokens.SPACE_8)
        row.addWidget(self.filter, 1)
        row.addWidget(self.period)
        self.body.addLayout(row)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.count)
        self.said = text_label("", tone="error")
        self.said.hide()
        self.body.addWidget(self.said)
        self.export_button = self.add_button("Export…")
        self.export_button.setToolTip("Write what is shown as CSV or JSON")
        self.export_button.setEnabled(False)
        self.export_button.clicked.connect(self._choose_file)
        self.add_close()
        self.filter.textChanged.connect(self._narrow)
        self.period.edited.connect(self._narrow)
        self.resize(_WIDTH, _HEIGHT)
        self.filter.setFocus()
        runner.submit("io", "audit-read", _read, done=self._show, failed=self._failed)

    def _show(self, found: tuple[AuditRead, tuple[AuditRow, ...]]) -> None:
        self._read, rows = found
        self.model.set_rows(rows)
        self._narrow()

    def _narrow(self) -> None:
        if self._read is None:
            return
        self.model.narrow(self.filter.text(), int(self.period.value() or 0))
        shown, known = self.model.rowCount(), len(self._read.entries)
        words = f"{number(shown)} of {number(known)} entries"
        if not known:
            words = "Nothing was run yet."
        damaged = self._read.damaged
        if damaged:
            words += f"; {damaged} damaged line{'s' if damaged > 1 else ''} left out"
        self.count.setText(words)
        self.export_button.setEnabled(shown > 0)

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, "Export the audit log", "audit-log.csv")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Table (*.csv)", "JSON (*.json)"])
        dialog.setDefaultSuffix("csv")
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix("json" if "json" in chosen else "csv")
        )
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def export_to(self, path: Path) -> None:
        """Write what is shown to ``path``, as JSON where it ends so, else as a table."""
        entries = self.model.entries
        write = write_entries_json if path.suffix.lower() == ".json" else write_entries_csv
        self._runner.submit(
            "io",
            "audit-export",
            # The file dialog has asked before it gives a file that is there.
            lambda _: write(path, entries, overwrite=True),
            done=lambda _: self._say(f"Written: {path.name}", "success"),
            failed=self._failed,
        )

    def _failed(self, failure: Failure) -> None:
        if self._read is None:
            self.count.clear()
        self._say(f"{failure.message} {failure.hint}".strip(), "error")

    def _say(self, text: str, tone: str) -> None:
        self.said.setText(text)
        self.said.setProperty("tone", tone)
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)
        self.said.show()

    def done(self, result: int) -> None:
        """Closed: nobody waits for the log any more."""
        self._runner.cancel("audit-read")
        super().done(result)


def _read(_: RunnerContext) -> tuple[AuditRead, tuple[AuditRow, ...]]:
    try:
        read = AuditLog().read()
    except OSError as error:
        raise ReadError(f"The audit log cannot be read: {plain_reason(error)}.") from error
    return read, rows_of(read.entries)
