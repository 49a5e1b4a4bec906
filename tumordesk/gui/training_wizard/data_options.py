"""Expert: how the folder is read."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit

from tumordesk.core.sequence_sources import parse_sequences, sequences_text
from tumordesk.core.training_run import IndexSpec
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard.beside import reveal
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.widgets import Card

_LAYOUTS = {
    "auto": "Find out",
    "classes": "Class folders",
    "masks": "Pictures with masks",
    "coco": "COCO",
    "index": "A table (CSV)",
    "nifti": "NIfTI scans with label maps",
    "dicom": "DICOM series with label maps",
}
_CHANNELS = {None: "Brightness", 0: "Red", 1: "Green", 2: "Blue"}


class DataOptions(Card):
    """Layout, channel, and where the patients are named. ``changed``: read the folder anew."""

    changed = Signal()

    def __init__(self, context: WizardContext) -> None:
        super().__init__("How the folder is read")
        self._context = context
        self.layout_box = QComboBox()
        for value, text in _LAYOUTS.items():
            self.layout_box.addItem(text, value)
        self.channel = QComboBox()
        for channel, text in _CHANNELS.items():
            self.channel.addItem(text, channel)
        self.sequences = QLineEdit()
        self.sequences.setPlaceholderText(
            "as they are; or FLAIR; or T1, T1C, T2; or T1=red, FLAIR=green"
        )
        self.sequences.setToolTip(
            "One sequence: only its scans are read. Several, for outlines: the network sees the "
            "same slice in all of them. They lie in the colours of the pictures, or in a scan each "
            "(a file that names its sequence, or a DICOM series of the same study). For file names "
            "that say it in their own way: FLAIR=_0000, or T1=_0000, T2=_0001."
        )
        self.pattern = QLineEdit()
        self.pattern.setPlaceholderText("found out; or a regular expression, e.g. ^(P\\d+)")
        self.index = QLineEdit()
        self.index.setPlaceholderText("found out; or FILE:KEY:GROUP, e.g. runs.csv:file:patient")
        form = QFormLayout()
        form.setHorizontalSpacing(tokens.SPACE_16)
        form.setVerticalSpacing(tokens.SPACE_8)
        form.addRow("&Layout", self.layout_box)
        form.addRow("C&olour pictures, use", self.channel)
        form.addRow("Se&quences", self.sequences)
        form.addRow("&Patient in the name", self.pattern)
        form.addRow("Patient in a &table", self.index)
        self.column.addLayout(form)
        self.problem = label("", "", "error", wrap=True)
        self.problem.hide()
        self.column.addWidget(self.problem)
        self.layout_box.activated.connect(self._take)
        self.channel.activated.connect(self._take_channel)
        self.sequences.editingFinished.connect(self._take)
        self.pattern.editingFinished.connect(self._take)
        self.index.editingFinished.connect(self._take)

    def load(self) -> None:
        """Show what the draft says."""
        data = self._context.draft.data
        self.layout_box.setCurrentIndex(max(0, self.layout_box.findData(data.layout)))
        self.channel.setCurrentIndex(0 if data.channel is None else data.channel + 1)
        self.sequences.setText(sequences_text(data.sequences))
        self.pattern.setText(data.group_pattern)
        self.index.setText(";".join(f"{i.file}:{i.key}:{i.group}" for i in data.indexes))

    def _take_channel(self) -> None:
        self._context.draft.channel_chosen = True
        self._take()

    def _take(self) -> None:
        try:
            indexes = _indexes(self.index.text())
            sequences = parse_sequences(self.sequences.text())
        except ValueError as error:
            self.problem.setText(str(error))
            self.problem.show()
            reveal(self.problem)
            return
        self.problem.hide()
        draft = self._context.draft
        data = replace(
            draft.data,
            layout=self.layout_box.currentData(),
            channel=self.channel.currentData(),
            sequences=sequences,
            group_pattern=self.pattern.text().strip(),
            indexes=indexes,
        )
        if data != draft.data:
            draft.read_as(data)
            self.changed.emit()


def _indexes(text: str) -> tuple[IndexSpec, ...]:
    """FILE:KEY:GROUP, several with ';' between them. Raises ValueError with a sentence."""
    specs = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        pieces = part.split(":")
        if len(pieces) != 3 or not all(pieces):
            raise ValueError(f"'{part}' is not FILE:KEY:GROUP.")
        specs.append(IndexSpec(*pieces))
    return tuple(specs)
