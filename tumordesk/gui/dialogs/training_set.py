"""Before slices go to a training set: which ones, where to, and what is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import tokens
from tumordesk.gui.dialogs.base import BaseDialog
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, label, tight
from tumordesk.session.training_set import Outline

_STORIES: dict[Outline, str] = {
    "drawn": "Drawn by you.",
    "corrected": "A model's outline, corrected by you.",
    "accepted": "A model's outline, as the model drew it.",
}
_CAREFUL = (
    "Look through the slices first: a model that learns from its own mistakes keeps them. "
    "'Edit a copy' lets you correct them."
)
_WRITTEN = (
    "Written for each slice: the grey picture, the mask, and how the outline came about. "
    "The patient stands there as a code: no name, number or date of the study. "
    "Letters that are part of the picture itself stay in it."
)
_NO_FOLDER = "No folder chosen yet"


class TrainingSetDialog(BaseDialog):
    """Accepted: add ``slices()`` to ``folder``. The folder is asked for once, then remembered."""

    def __init__(
        self,
        outline: Outline,
        outlined: Sequence[int],
        current: int,
        count: int,
        folder: Path | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Add to training set", parent)
        self.folder = folder
        self._sets: list[tuple[QRadioButton, tuple[int, ...]]] = []
        self.body.addWidget(label("Add this outline to your training set", "strong"))
        self.body.addWidget(label(_STORIES[outline], "secondary"))
        if outline == "accepted":
            self.body.addWidget(_warned(_CAREFUL))
        self.body.addSpacing(tokens.SPACE_8)
        self.body.addWidget(label("Slices", "heading"))
        self._add_choices(tuple(outlined), current, count)
        self.body.addSpacing(tokens.SPACE_8)
        self.body.addWidget(label("Folder", "heading"))
        self.body.addLayout(self._folder_row())
        self.body.addSpacing(tokens.SPACE_8)
        self.body.addWidget(label(_WRITTEN, "small", wrap=True))
        self.body.addStretch(1)
        self.cancel_button = self.add_button("Cancel")
        self.cancel_button.clicked.connect(self.reject)
        self.add = self.add_button("Add", primary=True)
        self.add.clicked.connect(self.accept)
        self._show_folder()
        # Wrapped words ask for far more room than they need at this width.
        layout = self.layout()
        if layout is not None:
            layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumSize(tokens.DIALOG_W, self.heightForWidth(tokens.DIALOG_W))
        self.resize(self.minimumSize())

    def _add_choices(self, outlined: tuple[int, ...], current: int, count: int) -> None:
        self._group = QButtonGroup(self)
        column = QVBoxLayout()
        column.setSpacing(tokens.SPACE_4)
        everything = tuple(range(count))
        if outlined and count > 1:
            some = "slice" if len(outlined) == 1 else "slices"
            self._add_choice(column, f"&Outlined {some} ({len(outlined)})", outlined)
        self._add_choice(column, f"&This slice (slice {current + 1})", (current,))
        if count > 1 and len(outlined) < count:
            self._add_choice(
                column, f"A&ll slices ({count}), also those without tumour", everything
            )
        self._sets[0][0].setChecked(True)
        self.body.addLayout(column)

    def _add_choice(self, column: QVBoxLayout, text: str, slices: tuple[int, ...]) -> None:
        button = QRadioButton(text)
        self._group.addButton(button)
        self._sets.append((button, slices))
        column.addWidget(button)

    def _folder_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(tokens.SPACE_8)
        self._folder_text = ElidedLabel()
        row.addWidget(IconLabel("folder"))
        row.addWidget(self._folder_text, 1)
        self.choose = QPushButton("&Choose…")
        self.choose.setAutoDefault(False)
        self.choose.clicked.connect(self._choose)
        row.addWidget(self.choose)
        return row

    def slices(self) -> tuple[int, ...]:
        """Indices of the chosen slices, from 0."""
        return next(slices for button, slices in self._sets if button.isChecked())

    def set_folder(self, folder: Path) -> None:
        """Add to this folder."""
        self.folder = folder
        self._show_folder()

    def _show_folder(self) -> None:
        known = self.folder is not None
        self._folder_text.set_full(str(self.folder) if known else _NO_FOLDER)
        self._folder_text.setProperty("role", "" if known else "secondary")
        self.add.setEnabled(known)
        (self.add if known else self.choose).setFocus()

    def _choose(self) -> None:
        start = str(self.folder) if self.folder is not None and self.folder.is_dir() else ""
        dialog = QFileDialog(self, "Folder of your training set", start)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.set_folder(Path(name)))
        dialog.open()


def _warned(text: str) -> QWidget:
    box = QWidget()
    row = tight(QHBoxLayout(box), tokens.SPACE_8)
    row.addWidget(IconLabel("warning", "warning"), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(label(text, tone="warning", wrap=True), 1)
    return box
