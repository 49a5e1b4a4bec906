"""The Export dialog: one click writes everything that is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.settings import ExportChoices
from tumordesk.gui import tokens
from tumordesk.gui.dialogs.base import BaseDialog
from tumordesk.gui.dialogs.export_parts import FolderRow, FormatChoice, Outcome
from tumordesk.gui.panels.parts import ElidedLabel, label, tight
from tumordesk.session.export_names import Format
from tumordesk.session.exporting import ExportOptions, ExportOrder, ExportReport

State = Literal["choose", "asking", "running", "done"]
DICOM: set[Format] = {"seg", "sr", "sc"}
_NAMED = "DICOM files always name the patient: they join the patient's study."


class ExportDialog(BaseDialog):
    """``export_requested`` carries an ExportOrder. The owner answers with :meth:`ask_existing`,
    :meth:`show_progress`, :meth:`show_report` or :meth:`show_choices`.

    ``stem_of`` gives the file names' stem, with the patient's ID hidden or not; ``estimate`` the
    bytes that formats need.
    """

    export_requested = Signal(object)
    cancel_requested = Signal()
    choice_changed = Signal()
    """Folder or formats: the space is to be looked up again."""

    def __init__(
        self,
        choices: ExportChoices,
        refusals: Mapping[Format, str],
        stem_of: Callable[[bool], str],
        estimate: Callable[[Sequence[Format]], int],
        *,
        hide_names: bool,
        dicom: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Export", parent)
        self.setObjectName("exportDialog")
        self._stem_of, self._estimate = stem_of, estimate
        self._order: ExportOrder | None = None
        self._written: ExportReport | None = None
        self._dicom = dicom
        self.state: State = "choose"
        kept = Path(choices.folder) if choices.folder else None
        self.formats = FormatChoice(choices.formats, refusals)
        self.folder = FolderRow(kept if kept is not None and kept.is_dir() else None)
        self.hide_names = QCheckBox("H&ide patient ID")
        self.hide_names.setChecked(hide_names)
        self.hide_names.setToolTip("Leave the patient out of file names, pictures and the report")
        self.pdf_as_dicom = QCheckBox("PDF as &DICOM too")
        self.pdf_as_dicom.setToolTip("Encapsulated PDF: the report goes into the PACS as well")
        self.pdf_as_dicom.setChecked(choices.pdf_as_dicom)
        self._stack = QStackedWidget()
        for page in (self._choose_page(), self._outcome_page()):
            self._stack.addWidget(page)
        self.body.addWidget(self._stack, 1)
        self._add_buttons()
        for signal in (self.formats.changed, self.folder.changed):
            signal.connect(self._changed)
        self.hide_names.toggled.connect(self._changed)
        self._changed()
        self._show_state("choose")
        # Wrapped words ask for far more room than they need at this width.
        layout = self.layout()
        if layout is not None:
            layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumSize(tokens.EXPORT_W, tokens.EXPORT_H)
        self.resize(self.minimumSize())

    # Pages ---------------------------------------------------------------------------------

    def _choose_page(self) -> QWidget:
        page = QWidget()
        column = tight(QVBoxLayout(page), tokens.SPACE_8)
        column.addWidget(self.formats)
        column.addSpacing(tokens.SPACE_8)
        column.addWidget(label("Folder", "heading"))
        column.addWidget(self.folder)
        self._space = label("", "small")
        column.addWidget(self._space)
        names = QHBoxLayout()
        names.setSpacing(tokens.SPACE_8)
        names.addWidget(label("File names", "small"))
        self.preview = ElidedLabel("", "small")
        names.addWidget(self.preview, 1)
        column.addLayout(names)
        options = QHBoxLayout()
        options.setSpacing(tokens.SPACE_24)
        options.addWidget(self.hide_names)
        options.addWidget(self.pdf_as_dicom)
        options.addStretch(1)
        column.addLayout(options)
        self._hint = label("", "small", wrap=True)
        column.addWidget(self._hint)
        column.addStretch(1)
        return page

    def _outcome_page(self) -> QWidget:
        page = QWidget()
        column = tight(QVBoxLayout(page), tokens.SPACE_8)
        self._headline = label("", "strong", wrap=True)
        self._words = label("", "secondary", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.outcome = Outcome()
        for widget in (self._headline, self._words, self._bar):
            column.addWidget(widget)
        column.addWidget(self.outcome, 1)
        self._filler = QWidget()
        column.addWidget(self._filler, 1)
        return page

    def _add_buttons(self) -> None:
        def button(text: str, act: Callable[[], object], primary: bool = False) -> QPushButton:
            made = self.add_button(text, primary=primary)
            made.clicked.connect(lambda: act())
            return made

        self.open_folder = button("&Open folder", self._open_folder)
        self.back = button("&Back", self.show_choices)
        self.cancel = button("Cancel", self.reject)
        self.replace = button("&Replace", lambda: self._again("replace"))
        self.retry = button("Re&try", self._retry)
        self.keep_both = button("&Keep both", lambda: self._again("number"), primary=True)
        self.export = button("&Export", self._export, primary=True)
        self.close_button = button("Close", self.accept, primary=True)

    def _show_state(self, state: State) -> None:
        self.state = state
        choosing = state == "choose"
        failed = self._written is not None and bool(self._written.retryable)
        shown = {
            self.open_folder: state == "done" and bool(self._written and self._written.files),
            self.back: state in ("asking", "done"),
            self.cancel: choosing or state == "running",
            self.replace: state == "asking",
            self.retry: state == "done" and failed,
            self.keep_both: state == "asking",
            self.export: choosing,
            self.close_button: state == "done",
        }
        for one, visible in shown.items():
            one.setVisible(visible)
        self._stack.setCurrentIndex(0 if choosing else 1)
        self._bar.setVisible(state == "running")
        self.outcome.setVisible(state == "done")
        self._filler.setVisible(state != "done")
        first = {
            "choose": self.export if self.export.isEnabled() else self.folder.choose,
            "asking": self.keep_both,
            "running": self.cancel,
            "done": self.retry if failed else self.close_button,
        }[state]
        enter = {"choose": self.export, "asking": self.keep_both, "running": None}.get(state, first)
        for one in shown:
            one.setDefault(one is enter)
            _set_primary(one, one is enter)
        first.setFocus()

    # What the person does ------------------------------------------------------------------

    def _changed(self) -> None:
        chosen = self.formats.chosen()
        self.export.setEnabled(bool(chosen) and self.folder.folder is not None)
        self.pdf_as_dicom.setEnabled(self._dicom and "pdf" in chosen)
        self.preview.set_full(f"{self._stem_of(self.hide_names.isChecked())} …")
        joins = bool(DICOM & set(chosen)) or (self._as_dicom and "pdf" in chosen)
        self._hint.setText(_NAMED if self.hide_names.isChecked() and joins else "")
        self._space.setText(f"Needs about {in_bytes(self._estimate(chosen))}" if chosen else "")
        self._space.setProperty("tone", "")
        self.choice_changed.emit()

    @property
    def _as_dicom(self) -> bool:
        return self.pdf_as_dicom.isChecked() and self.pdf_as_dicom.isEnabled()

    def choices(self) -> ExportChoices:
        """What to remember."""
        folder = self.folder.folder
        return ExportChoices(
            formats=self.formats.remembered(),
            folder=str(folder) if folder is not None else "",
            pdf_as_dicom=self.pdf_as_dicom.isChecked(),
        )

    def _export(self) -> None:
        folder = self.folder.folder
        if folder is None:
            return
        hide = self.hide_names.isChecked()
        options = ExportOptions(hide_names=hide, pdf_as_dicom=self._as_dicom, make_folder=False)
        self._written = None
        self._order = ExportOrder(self.formats.chosen(), folder, self._stem_of(hide), options)
        self._request(self._order)

    def _again(self, existing: Literal["number", "replace"]) -> None:
        if self._order is not None:
            options = replace(self._order.options, existing=existing)
            self._order = replace(self._order, options=options)
            self._request(self._order)

    def _retry(self) -> None:
        if self._order is not None and self._written is not None:
            # The same names as the files that were written, with their number if they have one.
            options = self._order.options
            if options.existing == "number":
                options = replace(options, existing="refuse")
            self._request(
                ExportOrder(
                    self._written.retryable, self._order.folder, self._written.stem, options
                )
            )

    def _request(self, order: ExportOrder) -> None:
        self._headline.setText("Exporting")
        self._words.setText("")
        self._bar.setRange(0, 0)
        self._show_state("running")
        self.export_requested.emit(order)

    def _open_folder(self) -> None:
        if self._order is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._order.folder)))

    def reject(self) -> None:
        """Esc and Cancel: stop what is running, or close."""
        if self.state == "running":
            self.cancel_requested.emit()
        else:
            super().reject()

    # What the owner tells ------------------------------------------------------------------

    def show_space(self, free_bytes: int | None) -> None:
        """How much room the folder's drive has; None where that is not known."""
        if free_bytes is None or not self.formats.chosen():
            return
        needed = self._estimate(self.formats.chosen())
        short = free_bytes < needed
        text = f"Needs about {in_bytes(needed)}, {in_bytes(free_bytes)} free"
        self._space.setText(f"{text}: probably too little" if short else text)
        self._space.setProperty("tone", "warning" if short else "")
        self._space.style().unpolish(self._space)
        self._space.style().polish(self._space)

    def ask_existing(self, existing: Sequence[Path]) -> None:
        """Files of that name are there: keep both, replace, or go back."""
        first = existing[0].name
        more = len(existing) - 1
        some = f"{first} and {more} more are" if more else f"{first} is"
        self._headline.setText("Files of that name are there already")
        self._words.setText(f"{some} in {self._folder_name()}. Keep both writes new ones with a "
                            "number; Replace writes over the old ones.")  # fmt: skip
        self._show_state("asking")

    def show_progress(self, share: float | None, text: str) -> None:
        """How far it is."""
        self._words.setText(text)
        self._bar.setRange(0, 0 if share is None else 100)
        self._bar.setValue(round(100 * (share or 0.0)))

    def show_report(self, report: ExportReport) -> None:
        """What became of each format; after a retry, with what was written before."""
        before = self._written
        if before is not None:
            again = {failure.format for failure in report.failures}
            again |= {one for one, _ in report.by_format}
            kept = tuple(pair for pair in before.by_format if pair[0] not in again)
            refused = tuple(f for f in before.failures if f.format not in again)
            report = ExportReport(
                (*before.files, *report.files),
                (*report.failures, *refused),
                (*kept, *report.by_format),
                report.stem,
            )
        self._written = report
        self.outcome.show_report(report)
        self._say_end(report)
        self._show_state("done")

    def _say_end(self, report: ExportReport) -> None:
        count = len(report.files)
        files = f"{count} file" if count == 1 else f"{count} files"
        failed = len(report.retryable)
        missing = f"{failed} format" if failed == 1 else f"{failed} formats"
        where = self._folder_name()
        if not failed:
            self._headline.setText(f"{files} written" if count else "Nothing was written")
        else:
            self._headline.setText(f"{files} written, {missing} failed")
        self._words.setText(f"In {where}" if count else "")

    def _folder_name(self) -> str:
        folder = self._order.folder if self._order is not None else None
        return "" if folder is None else folder.name or str(folder)

    def show_choices(self) -> None:
        """Back to the formats."""
        self._written = None
        self._changed()
        self._show_state("choose")


def _set_primary(button: QPushButton, primary: bool) -> None:
    """The one button that stands out is the one that Enter presses."""
    button.setProperty("role", "primary" if primary else "")
    button.style().unpolish(button)
    button.style().polish(button)


def in_bytes(count: int) -> str:
    """'340 kB', '12 MB', '1.4 GB'."""
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            value = count / size
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{max(1, round(count / 1000))} kB"
