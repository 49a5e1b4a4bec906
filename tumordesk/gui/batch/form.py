"""What to run on which folder, and what to write where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import ElidedLabel, label, tight
from tumordesk.gui.training_wizard.controls import Choice, Tick
from tumordesk.session.batch.types import DEFAULT_FORMATS, BatchOptions
from tumordesk.session.exporting import FORMAT_NAMES, FORMATS

if TYPE_CHECKING:
    from tumordesk.session.use_cases import Device
    from tumordesk.zoo import ModelEntry

_FORMAT_COLUMNS = 2
_NOTHING = "Not chosen yet"


class FolderRow(QWidget):
    """A folder's name, and a button to choose another."""

    choose = Signal()

    def __init__(self, button: str) -> None:
        super().__init__()
        row = tight(QHBoxLayout(self), tokens.SPACE_8)
        self.name = ElidedLabel(_NOTHING, "secondary")
        self.button = QPushButton(button)
        self.button.clicked.connect(self.choose)
        row.addWidget(self.name, 1)
        row.addWidget(self.button)

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Show the name; the whole path in the tooltip."""
        if not paths:
            self.name.set_full(_NOTHING)
            return
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        self.name.set_full((paths[0].name or str(paths[0])) + more)
        self.name.setToolTip("\n".join(map(str, paths)))


class BatchForm(QWidget):
    """Folder, models, files, place of the results. ``changed`` after every change."""

    changed = Signal()
    choose_paths = Signal()
    choose_out = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.paths: tuple[Path, ...] = ()
        self.out: Path | None = None
        self._own_out = False
        self._entries: tuple[ModelEntry, ...] = ()
        self.folder = FolderRow("&Choose folder…")
        self.results = FolderRow("C&hange…")
        self.model, self.classifier = Choice(), Choice()
        self.model.setAccessibleName("Model")
        self.classifier.setAccessibleName("Tumour type")
        self.formats = {one: Tick(FORMAT_NAMES[one]) for one in FORMATS}
        self.strict = Tick("Leave out doubtful studies")
        self.strict.setToolTip("Studies that do not wholly fit the model are listed as failures")
        self.identify = Tick("Patient IDs in table and reports")
        for one in DEFAULT_FORMATS:
            self.formats[one].set_value(True)
        column = QVBoxLayout(self)
        margin = tokens.SPACE_16
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(tokens.SPACE_4)
        self._add(column, "STUDIES", self.folder)
        self._add(column, "MODEL", self.model)
        self._add(column, "THEN NAME THE TUMOUR TYPE WITH", self.classifier)
        self._add(column, "FILES FOR EACH STUDY", self._format_box())
        self._add(column, "RESULTS IN", self.results)
        column.addWidget(self.strict)
        column.addWidget(self.identify)
        column.addStretch(1)
        self._wire()

    def _add(self, column: QVBoxLayout, title: str, widget: QWidget) -> None:
        column.addWidget(label(title, "heading"))
        column.addWidget(widget)
        column.addSpacing(tokens.SPACE_12)

    def _format_box(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(tokens.SPACE_8)
        grid.setVerticalSpacing(0)
        for place, tick in enumerate(self.formats.values()):
            grid.addWidget(tick, *divmod(place, _FORMAT_COLUMNS))
        return box

    def _wire(self) -> None:
        self.folder.choose.connect(self.choose_paths)
        self.results.choose.connect(self.choose_out)
        self.model.edited.connect(self._model_changed)
        ticks = [self.strict, self.identify, *self.formats.values()]
        controls: list[Choice | Tick] = [self.classifier, *ticks]
        for control in controls:
            control.edited.connect(self.changed)

    # What can be chosen ---------------------------------------------------------------------

    def set_entries(self, entries: Sequence[ModelEntry]) -> None:
        """Offer these models; what was chosen stays where it is still there."""
        # Outlining models first: they are what most people want for many studies.
        entries = sorted(entries, key=lambda entry: entry.card.task != "segmentation")
        self._entries = tuple(entries)
        chosen, follower = self.model.value(), self.classifier.value()
        self.model.set_options([(e.card.id, f"{e.card.name} ({e.card.id})") for e in entries])
        known = {entry.card.id for entry in entries}
        if chosen in known:
            self.model.set_value(chosen)
        self._offer_classifiers(follower)
        self.changed.emit()

    def _offer_classifiers(self, chosen: object = "") -> None:
        entry = self._entry()
        outlines = entry is not None and entry.card.task == "segmentation"
        fitting = [e for e in self._entries if e.card.task == "classification"] if outlines else []
        options = [("", "Nothing more"), *((e.card.id, e.card.name) for e in fitting)]
        self.classifier.set_options(options)
        self.classifier.set_value(chosen if chosen in {value for value, _ in options} else "")
        self.classifier.setEnabled(bool(fitting))

    def _entry(self) -> ModelEntry | None:
        return next((e for e in self._entries if e.card.id == self.model.value()), None)

    def _model_changed(self) -> None:
        self._offer_classifiers(self.classifier.value())
        self.changed.emit()

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Take folders or archives; the results go beside them unless a place was chosen."""
        self.paths = tuple(paths)
        self.folder.show_paths(self.paths)
        if self.paths and not self._own_out:
            first = self.paths[0]
            name = first.name.split(".")[0] if first.is_file() else first.name
            self._show_out(first.parent / f"{name}-tumordesk")
        self.changed.emit()

    def set_out(self, out: Path) -> None:
        """Take the place of the results."""
        self._own_out = True
        self._show_out(out)
        self.changed.emit()

    def _show_out(self, out: Path) -> None:
        self.out = out
        self.results.show_paths([out])

    def set_options(self, options: BatchOptions) -> None:
        """Show the options of a batch that is continued."""
        self.set_out(options.out)
        self.model.set_value(options.model)
        self._offer_classifiers(options.classify_with)
        for one, tick in self.formats.items():
            tick.set_value(one in options.formats)
        self.strict.set_value(options.strict)
        self.identify.set_value(options.identify)
        self.changed.emit()

    # What was chosen ------------------------------------------------------------------------

    @property
    def missing(self) -> str:
        """What is still to be chosen, in a sentence; '' where nothing is."""
        if not self.paths:
            return "Choose a folder with studies."
        if self._entry() is None:
            return "Choose a model."
        return "" if self.out is not None else "Choose where the results go."

    def options(self, device: Device, *, flips: bool) -> BatchOptions | None:
        """What was chosen; None while something is missing."""
        if self.missing or self.out is None:
            return None
        return BatchOptions(
            out=self.out,
            model=str(self.model.value()),
            classify_with=str(self.classifier.value() or ""),
            formats=tuple(one for one in FORMATS if self.formats[one].value()),
            device=device,
            flips=flips,
            strict=self.strict.value(),
            identify=self.identify.value(),
        )
