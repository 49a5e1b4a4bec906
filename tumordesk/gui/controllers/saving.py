"""Save the active outline: NIfTI in the series' geometry, and what was measured as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from tumordesk.core.finding import AnalysisResult, Measurements
from tumordesk.core.jsonio import to_plain, write_json
from tumordesk.core.model_card import NOTICE
from tumordesk.core.segmentation import Segmentation
from tumordesk.gui.banner import Message
from tumordesk.gui.controllers.opening import message_of
from tumordesk.gui.jobs import JobRunner, RunnerContext
from tumordesk.session.layers import Layer
from tumordesk.session.naming import export_stem
from tumordesk.session.session import Session


@dataclass(frozen=True, eq=False)
class _Order:
    folder: Path
    stem: str
    outline: Segmentation
    origin: str
    measured: Measurements | None
    result: AnalysisResult | None


class SavingController(QObject):
    """Writes outlines off the window's thread; never overwrites."""

    said = Signal(object)
    saved = Signal(object)
    """Paths written."""

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner

    def save(self, folder: Path, *, hide_names: bool = False) -> None:
        """Write the active layer of the active series into ``folder``."""
        order = self._order(folder, hide_names)
        if order is None:
            self.said.emit(Message("warning", "Nothing to save", "Outline the tumour first."))
            return
        self._runner.submit(
            "io",
            "save",
            lambda context: _write(context, order),
            done=lambda paths: self._done(folder, paths),
            failed=lambda failure: self.said.emit(message_of(failure)),
        )

    def _order(self, folder: Path, hide_names: bool) -> _Order | None:
        series = self._session.active
        if series is None:
            return None
        layer = self._session.results(series.key).active
        if layer is None:
            return None
        owner = self._session.owner(series.key)
        patient, study = owner if owner is not None else (None, None)
        stem = export_stem(
            patient, study, series, _model_of(layer), datetime.now(), hide_names=hide_names
        )
        return _Order(
            folder, stem, layer.segmentation(), layer.origin, layer.measurements, layer.result
        )

    def _done(self, folder: Path, paths: tuple[Path, ...]) -> None:
        names = " and ".join(path.name for path in paths)
        self.said.emit(Message("success", f"Saved in {folder.name or folder}", names))
        self.saved.emit(paths)


def _model_of(layer: Layer) -> str:
    if layer.result is None:
        return "mine"
    model = layer.result.provenance.model_id
    return f"{model}-corrected" if layer.editable else model


def _write(context: RunnerContext, order: _Order) -> tuple[Path, ...]:
    from tumordesk.io.writers import write_nifti

    context.progress(None, "Saving")
    mask = order.folder / f"{order.stem}.nii.gz"
    write_nifti(mask, order.outline.array, order.outline.geometry)
    document = {
        "schema": 1,
        "notice": NOTICE,
        "mask": mask.name,
        "outline": "model" if order.origin == "ai" else "corrected or drawn by a person",
        "segments": to_plain(order.outline.segments),
        "measurements": to_plain(order.measured),
        "provenance": to_plain(order.result.provenance) if order.result else None,
    }
    report = order.folder / f"{order.stem}.json"
    write_json(report, document, overwrite=False)
    return mask, report
