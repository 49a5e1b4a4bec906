"""The program without a display: the same window, the sample study, a picture of the result."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QMimeData, QPointF, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from tumordesk.core.finding import AnalysisResult, Lesion
from tumordesk.core.jsonio import atomic_write, write_json
from tumordesk.core.model_card import NOTICE
from tumordesk.core.paths import sample_study_dir
from tumordesk.core.study import Sequence, Series
from tumordesk.gui import tokens
from tumordesk.gui.banner import Message

PICTURE_NAME = "tumordesk-demo.png"
RESULT_NAME = "tumordesk-demo.json"
_WAIT_S = 600
_FLAIR_MODEL = "flair-glioma"
_T1C_MODEL = "t1c-tumour"


class DemoFailed(Exception):
    """A step of the demo did not end well; its message says which and why."""


def run_demo(folder: Path) -> int:
    """Open the sample, segment, classify, write picture and JSON into ``folder``.

    Returns 0, or 1 with a sentence on stderr. The user's settings are neither read nor changed.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from tumordesk.core.settings import UnsavedSettings
    from tumordesk.gui.app import create_app
    from tumordesk.gui.main_window import MainWindow

    store = UnsavedSettings()
    app = create_app(store)
    window = MainWindow(store)
    try:
        document = _Demo(window).run()
        picture, result = folder / PICTURE_NAME, folder / RESULT_NAME
        grabbed = window.grab()

        def save(path: Path) -> None:
            if not grabbed.save(str(path), "PNG"):
                raise OSError("the picture could not be encoded")

        atomic_write(picture, save)
        write_json(result, document)
    except DemoFailed as error:
        sys.stderr.write(f"tumordesk: {error}\n")
        return 1
    finally:
        window.close()
        window.deleteLater()
        app.processEvents()
    sys.stdout.write(_summary(document, picture, result))
    return 0


def _drop(window: Any, folder: Path) -> None:
    """Drop a folder on the window, as a hand with a mouse does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    place = QPointF(window.rect().center())
    copy, left, no_key = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(place.toPoint(), copy, data, left, no_key)
    QApplication.sendEvent(window, enter)
    QApplication.sendEvent(window, QDropEvent(place, copy, data, left, no_key))


class _Demo:
    """The steps a person would take, waited for through the window's own signals."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self._problem = ""

    def run(self) -> dict[str, Any]:
        window = self._window
        window.resize(QSize(tokens.WINDOW_W, tokens.WINDOW_H))
        window.show()
        window.running.crashed.connect(self._crashed)
        window.running.said.connect(self._heard)
        window.opening.said.connect(self._heard)
        listed: list[bool] = []
        window.running.models_changed.connect(lambda: listed.append(True))
        self._wait("the models", lambda: bool(listed) or bool(window.running.entries))
        if not window.running.entries:
            raise DemoFailed("No model comes with this TumorDesk: install it again.")
        _drop(window, sample_study_dir())
        self._wait(
            "the sample study",
            lambda: bool(window.session.scan.series) and not window.opening.scanning,
        )
        flair = self._series(Sequence.FLAIR)
        contrast = self._series(Sequence.T1C)
        second = self._analyse(contrast, _T1C_MODEL)
        first = self._analyse(flair, _FLAIR_MODEL)
        window.parts.banner.dismiss()
        self._settle()
        return {
            "schema": 1,
            "notice": NOTICE,
            "sample": "TCGA-FG-6692 (CC BY 3.0)",
            "series": [_series_document(flair, first), _series_document(contrast, second)],
        }

    def _series(self, sequence: Sequence) -> Series:
        found: list[Series] = [
            s for s in self._window.session.scan.series if s.guess.sequence is sequence
        ]
        if not found:
            raise DemoFailed(f"The sample study has no {sequence.shown} series.")
        return found[0]

    def _analyse(self, series: Series, model_id: str) -> dict[str, AnalysisResult | None]:
        window = self._window
        window.opening.choose(series.key)
        name = series.guess.sequence.shown
        self._wait(f"the {name} series", lambda: self._complete(series))
        ends: list[str] = []
        window.running.ended.connect(ends.append)
        window.running.set_wish(model_id)
        window.running.start(series, window.running.choice())
        self._wait(f"{model_id} on the {name} series", lambda: bool(ends))
        window.running.ended.disconnect(ends.append)
        if ends != ["done"]:
            raise DemoFailed(f"{model_id} did not finish: {self._problem or ends[0]}")
        results = window.session.results(series.key)
        outline = results.active.result if results.active is not None else None
        return {"segmentation": outline, "classification": results.classification}

    def _complete(self, series: Series) -> bool:
        source = self._window.session.buffers.get(series.key)
        return source is not None and source.complete

    def _crashed(self, report: Any) -> None:
        self._problem = f"a defect ({report.kind})"

    def _heard(self, message: Message) -> None:
        if message.tone == "error":
            self._problem = f"{message.title} {message.text}".strip()

    def _wait(self, what: str, ready: Callable[[], bool]) -> None:
        """Let the window work until ``ready``; the poll is the only clock here."""
        loop = QEventLoop()
        poll, limit = QTimer(), QTimer()
        poll.setInterval(20)
        limit.setSingleShot(True)
        poll.timeout.connect(lambda: loop.quit() if ready() or self._problem else None)
        limit.timeout.connect(loop.quit)
        poll.start()
        limit.start(_WAIT_S * 1000)
        loop.exec()
        poll.stop()
        limit.stop()
        if not ready():
            raise DemoFailed(f"Waiting for {what} failed: {self._problem or 'it took too long'}.")

    def _settle(self) -> None:
        """Two turns of the event loop, so that the last layout is painted."""
        loop = QEventLoop()
        QTimer.singleShot(200, loop.quit)
        loop.exec()


def _series_document(series: Series, results: dict[str, AnalysisResult | None]) -> dict[str, Any]:
    found = results["segmentation"]
    classes = results["classification"]
    measured = found.measurements if found is not None else None
    return {
        "series_uid": series.uid,
        "description": series.description,
        "sequence_guess": series.guess.sequence.value,
        "outcome": found.outcome if found is not None else None,
        "volume_ml": measured.volume_ml if measured is not None else None,
        "lesions": [_lesion_document(lesion) for lesion in measured.lesions] if measured else [],
        "classes": _classes(classes),
        "models": [_model(r) for r in (found, classes) if r is not None],
        "warnings": [w for r in (found, classes) if r is not None for w in r.provenance.warnings],
    }


def _lesion_document(lesion: Lesion) -> dict[str, Any]:
    longest, across = lesion.longest, lesion.perpendicular
    return {
        "volume_ml": lesion.volume_ml,
        "longest_mm": longest.length_mm if longest is not None else None,
        "perpendicular_mm": across.length_mm if across is not None else None,
        "slice": lesion.largest_slice,
        "side": lesion.side,
        "location": lesion.location,
    }


def _classes(result: AnalysisResult | None) -> dict[str, float] | None:
    found = result.classification if result is not None else None
    if found is None:
        return None
    return dict(zip(found.classes, found.probabilities, strict=True))


def _model(result: AnalysisResult) -> dict[str, Any]:
    made_by = result.provenance
    return {
        "id": made_by.model_id,
        "version": made_by.model_version,
        "sha256": made_by.model_sha256,
        "device": made_by.device,
        "seconds": round(made_by.seconds, 2),
    }


def _summary(document: dict[str, Any], picture: Path, result: Path) -> str:
    lines = ["No display here: TumorDesk ran the sample study in an invisible window."]
    for series in document["series"]:
        volume = series["volume_ml"]
        size = f", {volume:.1f} mL" if volume is not None else ""
        lines.append(f"  {series['description']}: {series['outcome']}{size}")
        if series["classes"]:
            name, share = max(series["classes"].items(), key=lambda item: item[1])
            lines.append(f"    most probable class: {name} ({100 * share:.0f} %)")
    lines += [f"Picture: {picture}", f"Findings: {result}", NOTICE]
    return "\n".join(lines) + "\n"
