"""Outlines to the person's training set: asks, writes off the window's thread, says what came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from tumordesk.core.activation import map_mark
from tumordesk.gui.banner import Message
from tumordesk.gui.controllers.opening import message_of
from tumordesk.gui.jobs import Failure
from tumordesk.session.layers import Layer
from tumordesk.session.training_set import (
    Added,
    Contribution,
    add_to_training_set,
    contribution,
    new_salt,
    outline_kind,
    outlined_slices,
)

if TYPE_CHECKING:
    from tumordesk.gui.dialogs.training_set import TrainingSetDialog
    from tumordesk.gui.main_window import MainWindow

KEY = "training-set"


class TrainingSetController(QObject):
    """'Add to training set' of the segments panel."""

    said = Signal(object)
    added = Signal(object)
    """An :class:`Added`, after slices were written or found to be there."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def ask(self, layer_key: str) -> None:
        """Ask which slices of a layer of the active series go where."""
        from tumordesk.gui.dialogs.training_set import TrainingSetDialog

        window = self._window
        series = window.session.active
        layer = window.session.results(series.key).layer(layer_key) if series is not None else None
        if series is None or layer is None:
            return
        if map_mark(layer.segments) and not layer.edits:
            text = "It shows where a classifier looked. Copy it and correct the copy to add it."
            self.said.emit(Message("warning", "A map's region is no outline to learn from", text))
            return
        if window.runner.busy(KEY):
            self.said.emit(Message("info", "Still adding", "Wait until the last slices are in."))
            return
        kept = window.settings.training_set
        dialog = TrainingSetDialog(
            outline_kind(layer),
            outlined_slices(layer.array),
            window.parts.viewer.position()[0],
            series.slices,
            Path(kept) if kept and Path(kept).is_dir() else None,
            window,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._accepted(series.key, layer, dialog))
        dialog.open()

    def _accepted(self, series_key: str, layer: Layer, dialog: TrainingSetDialog) -> None:
        if dialog.folder is not None:
            self.add(series_key, layer, dialog.folder, dialog.slices())

    def add(self, series_key: str, layer: Layer, folder: Path, slices: tuple[int, ...]) -> None:
        """Write ``slices`` (indices) of ``layer`` into ``folder`` and remember the folder."""
        window = self._window
        series = window.session.series(series_key)
        if series is None:
            return
        salt = window.settings.training_salt or new_salt()
        window.change_settings(training_set=str(folder), training_salt=salt)
        owner = window.session.owner(series_key)
        source = window.session.buffers.get(series_key)
        volume = source.volume() if source is not None else None
        patient = owner[0] if owner is not None else None
        what = contribution(layer, series, patient, folder, salt, slices, volume)
        self._submit(what)

    def _submit(self, what: Contribution) -> None:
        window = self._window
        window.parts.status.set_reading("Adding to the training set")
        window.runner.submit(
            "io",
            KEY,
            lambda context: add_to_training_set(context, what),
            done=self._done,
            failed=self._failed,
            cancelled=lambda: window.parts.status.set_reading(""),
        )

    def _done(self, added: Added) -> None:
        self._window.parts.status.set_reading("")
        self.said.emit(added_message(added))
        self.added.emit(added)

    def _failed(self, failure: Failure) -> None:
        self._window.parts.status.set_reading("")
        if failure.crash is not None:
            self._window.dialogs.crash(failure.crash)
        else:
            self.said.emit(message_of(failure))


def added_message(added: Added) -> Message:
    """What became of the slices, in words."""
    name = added.folder.name or str(added.folder)
    notes = []
    if added.same:
        notes.append(f"{_slices(added.same)} had been added before.")
    if added.other:
        notes.append(
            f"{_slices(added.other)} stand there already with another outline, which was kept: "
            "delete their pictures in the folder to add the new outline."
        )
    if added.unreadable:
        notes.append(f"{_slices(added.unreadable)} could not be decoded.")
    if added.written:
        notes.insert(0, "Picture, mask and provenance of each; the patient stands there as a code.")
        title = f"{_slices(added.written)} added to {name}"
    else:
        title = f"Nothing new for {name}"
    whole = bool(added.written) and not added.other
    return Message("success" if whole else "info", title, " ".join(notes), stays=bool(added.other))


def _slices(count: int) -> str:
    return f"{count} slice" if count == 1 else f"{count} slices"
