"""Export: asks what to write where, writes off the window's thread, tells what became of it."""

from __future__ import annotations

import shutil
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from tumordesk.core.job import Progress
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study_findings import StudyFindings
from tumordesk.gui.banner import Message
from tumordesk.gui.controllers.opening import message_of
from tumordesk.gui.jobs import Failure, RunnerContext
from tumordesk.session.audited import record_export
from tumordesk.session.export_names import Format
from tumordesk.session.exporting import (
    FORMATS,
    ExportOrder,
    ExportReport,
    estimate_bytes,
    existing_files,
    export,
    refusal,
    warm_up,
)
from tumordesk.session.gather import findings_of
from tumordesk.session.naming import export_stem

if TYPE_CHECKING:
    from tumordesk.gui.dialogs.export import ExportDialog
    from tumordesk.gui.main_window import MainWindow

KEY = "export"
SPACE_KEY = "export-space"
PREPARE_KEY = "export-prepare"
WARM_UP_KEY = "export-warm-up"


class ExportController(QObject):
    """Ctrl+S: the Export dialog of the active series."""

    said = Signal(object)
    exported = Signal(object)
    """An :class:`ExportReport`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dialog: ExportDialog | None = None

    def ask(self) -> None:
        """Open the dialog for what is known of the active series."""
        if self._dialog is not None:
            self._dialog.raise_()
            return
        findings = self._findings()
        if findings is None:
            return
        self._window.runner.submit(
            "io",
            PREPARE_KEY,
            lambda _: refusals_of(findings),
            done=lambda refusals: self._open(findings, refusals),
            failed=self._failed,
        )

    def _open(self, findings: StudyFindings, refusals: dict[Format, str]) -> None:
        from tumordesk.gui.dialogs.export import ExportDialog

        window = self._window
        when = datetime.now()
        dialog = ExportDialog(
            window.settings.export,
            refusals,
            partial(_stem, findings, when),
            partial(estimate_bytes, findings),
            hide_names=window.settings.hide_names,
            dicom=findings.series.kind == "dicom",
            parent=window,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.export_requested.connect(lambda order: self._start(findings, order))
        dialog.cancel_requested.connect(lambda: window.runner.cancel(KEY))
        dialog.choice_changed.connect(self._look_for_space)
        dialog.finished.connect(self._closed)
        self._dialog = dialog
        dialog.open()
        self._look_for_space()
        if findings.series.kind == "dicom":
            # What is loaded while the person chooses need not be loaded when they click.
            window.runner.submit("io", WARM_UP_KEY, lambda _: warm_up())

    def _findings(self) -> StudyFindings | None:
        """What is known of the active series; says why where there is nothing to export."""
        session = self._window.session
        series = session.active
        if series is None:
            return None
        source = session.source
        volume = source.volume() if source is not None else None
        if volume is None:
            self._say("The series is still being read", "Export it when all slices are there.")
            return None
        findings = findings_of(session, series.key, volume)
        if findings is None or (findings.outline is None and not findings.classifications):
            self._say("Nothing to export yet", "Run a model (Ctrl+R), or outline the tumour (B).")
            return None
        return findings

    def _say(self, title: str, text: str) -> None:
        self.said.emit(Message("info", title, text))

    def _closed(self) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is not None and dialog.choices() != self._window.settings.export:
            self._window.change_settings(export=dialog.choices())

    def _look_for_space(self) -> None:
        dialog = self._dialog
        folder = dialog.folder.folder if dialog is not None else None
        if folder is None:
            return
        self._window.runner.submit(
            "io", SPACE_KEY, lambda _: _free_bytes(folder), done=self._show_space
        )

    def _show_space(self, free_bytes: int | None) -> None:
        if self._dialog is not None and self._dialog.state == "choose":
            self._dialog.show_space(free_bytes)

    # Writing -------------------------------------------------------------------------------

    def _start(self, findings: StudyFindings, order: ExportOrder) -> None:
        cards = tuple(entry.card for entry in self._window.running.entries)
        self._window.runner.submit(
            "io",
            KEY,
            lambda context: run_export(context, findings, order, cards),
            done=self._done,
            failed=self._failed,
            cancelled=self._cancelled,
            progress=self._progress,
        )

    def _progress(self, progress: Progress) -> None:
        if self._dialog is not None:
            self._dialog.show_progress(progress.fraction, progress.message)

    def _done(self, result: ExportReport | tuple[Path, ...]) -> None:
        dialog = self._dialog
        if isinstance(result, tuple):
            if dialog is not None:
                dialog.ask_existing(result)
            return
        if dialog is not None:
            dialog.show_report(result)
        self.exported.emit(result)

    def _failed(self, failure: Failure) -> None:
        if self._dialog is not None:
            self._dialog.show_choices()
        if failure.crash is not None:
            self._window.dialogs.crash(failure.crash)
        else:
            self.said.emit(message_of(failure))

    def _cancelled(self) -> None:
        if self._dialog is not None:
            self._dialog.show_choices()
        self._say("Export cancelled", "Files that were whole already stay in the folder.")


def refusals_of(findings: StudyFindings) -> dict[Format, str]:
    """Formats that ``findings`` do not allow, each with the reason."""
    return {one: reason for one in FORMATS if (reason := refusal(findings, one))}


def run_export(
    context: RunnerContext,
    findings: StudyFindings,
    order: ExportOrder,
    cards: tuple[ModelCard, ...],
) -> ExportReport | tuple[Path, ...]:
    """Carry ``order`` out; or the files in its way, where the person is to be asked first."""
    from dataclasses import replace

    from tumordesk.gui.report.pdf import write_report

    if order.options.existing == "refuse":
        existing = existing_files(order)
        if existing:
            return existing
    used = {findings.made_by, *findings.classifications} - {None}
    ids = {result.provenance.model_id for result in used if result is not None}
    options = replace(order.options, cards=tuple(card for card in cards if card.id in ids))
    report = export(context, findings, replace(order, options=options), write_pdf=write_report)
    record_export("window", findings, [one for one, _ in report.by_format])
    return report


def _stem(findings: StudyFindings, when: datetime, hide_names: bool) -> str:
    model = "mine"
    if findings.made_by is not None:
        model = findings.made_by.provenance.model_id
        model = f"{model}-corrected" if findings.origin == "mine" else model
    elif findings.outline is None and findings.classifications:
        model = findings.classifications[-1].provenance.model_id
    return export_stem(
        findings.patient, findings.study, findings.series, model, when, hide_names=hide_names
    )


def _free_bytes(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
