"""Outlines that were opened become layers: shown, measured, jumped to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from tumordesk.core.study import Series
from tumordesk.gui.banner import Message
from tumordesk.gui.controllers.opening import message_of
from tumordesk.session.image_source import ImageSource
from tumordesk.session.importing import fit_mask
from tumordesk.session.layers import Layer

if TYPE_CHECKING:
    from tumordesk.gui.main_window import MainWindow
    from tumordesk.io.import_mask import ImportedMask

Place = tuple[int, int, int]
_MAX_NAMES = 6


class ImportController(QObject):
    """Puts outlines on open series; never touches a layer that is there."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._jump: tuple[str, Place] | None = None
        window.opening.masks_found.connect(self.take)
        window.opening.mask_unplaced.connect(self.offer)
        # The window, connected before, shows the source first.
        window.opening.source_ready.connect(self._source_ready)
        window.opening.reading_changed.connect(self._measure_waiting)
        self._waiting: list[tuple[str, Layer]] = []

    def take(self, masks: Sequence[ImportedMask]) -> None:
        """Add each mask as a layer of its series and show the last one."""
        window = self._window
        added: list[ImportedMask] = []
        for mask in masks:
            series = window.session.series(mask.series.key)
            if series is None or series.geometry.shape != mask.segmentation.array.shape:
                continue
            layer = window.session.add_imported(
                series.key, mask.segmentation, window.settings.overlay_opacity
            )
            self._waiting.append((series.key, layer))
            added.append(mask)
        if added:
            self._show(added[-1])
            self._tell(added)
            self._measure_waiting()

    def _measure_waiting(self) -> None:
        """Measure what was added: with the voxels of the series where those are on their way, since
        the place in the head is told from them."""
        window, waiting = self._window, self._waiting
        self._waiting = [(key, layer) for key, layer in waiting if window.opening.loads(key)]
        for key, layer in waiting:
            there = window.session.results(key).layer(layer.key) is layer
            if there and not window.opening.loads(key):
                window.running.measure(key, layer)

    def offer(self, mask: Series) -> None:
        """Say why ``mask`` is no layer, and offer to resample it to the series that is shown."""
        shown = self._window.session.active
        if shown is None:
            return
        name = mask.instances[0].path.name
        text = (
            "It is listed as a series of its own. Fitting takes the nearest voxel: the rim of the "
            "outline is then not exact."
        )
        self._window.say(
            Message(
                "warning",
                f"{name} lies on other voxels than {shown.description or 'the open series'}",
                text,
                ("Fit to this series", lambda: self._fit(mask, shown)),
            )
        )

    def _fit(self, mask: Series, shown: Series) -> None:
        window = self._window
        window.runner.submit(
            "io",
            f"fit:{mask.key}",
            lambda context: fit_mask(context, mask, shown),
            done=lambda found: self._fitted(mask, found),
            failed=lambda failure: window.say(message_of(failure)),
        )

    def _fitted(self, mask: Series, found: ImportedMask) -> None:
        self._window.session.drop_series([mask.key])
        self.take([found])

    def _show(self, mask: ImportedMask) -> None:
        window, key = self._window, mask.series.key
        self._jump = (key, largest_area(mask.segmentation.array))
        shown = window.session.active
        held = window.session.buffers.get(key)
        if shown is not None and shown.key == key and held is not None:
            self._source_ready(held)
        else:
            window.session.activate(key)
        window.actions_by_name["overlay"].setChecked(True)

    def _source_ready(self, source: ImageSource) -> None:
        if self._jump is None or source.series.key != self._jump[0]:
            return
        place = self._jump[1]
        self._jump = None
        self._window.parts.viewer.go_to(*place)

    def _tell(self, masks: Sequence[ImportedMask]) -> None:
        where = masks[-1].series.description or "the open series"
        one = len(masks) == 1
        title = f"Outline added to {where}" if one else f"{len(masks)} outlines added"
        notes = dict.fromkeys(note for mask in masks for note in mask.notes)
        names = dict.fromkeys(s.label for mask in masks for s in mask.segmentation.segments)
        lines = [", ".join(list(names)[:_MAX_NAMES]), *(n[:1].upper() + n[1:] for n in notes)]
        text = "\n".join(f"{line}." for line in lines)
        self._window.say(Message("warning" if notes else "success", title, text))


def largest_area(array: np.ndarray) -> Place:
    """(slice, row, column): the slice with most outlined, and the middle of what is there."""
    index = int(np.argmax(np.count_nonzero(array, axis=(1, 2))))
    rows, columns = np.nonzero(array[index])
    return index, round(float(rows.mean())), round(float(columns.mean()))
