"""One case large: the picture with what the model looked at or outlined, and its figures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from tumordesk.core.evaluation import CaseResult, Evaluation
from tumordesk.gui import tokens
from tumordesk.gui.dialogs.base import BaseDialog
from tumordesk.gui.panels.parts import ElidedLabel, label, tight
from tumordesk.gui.training_wizard.explain_store import ExplainStore
from tumordesk.gui.training_wizard.picture_grid import square
from tumordesk.session.results import case_facts, case_title

_LEGENDS = {
    "classification": "Colour: where the network looked for its answer (class-activation map).",
    "segmentation": "Blue: the mask of the data set. Orange: the outline of the model.",
}


class CaseDialog(BaseDialog):
    """Left and Right go through the cases that were shown together."""

    def __init__(
        self,
        found: Evaluation,
        cases: Sequence[CaseResult],
        place: int,
        store: ExplainStore,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Picture", parent)
        self._found, self._cases, self._store = found, tuple(cases), store
        self.place = place
        self._picture = QLabel()
        self._picture.setFixedSize(tokens.CASE_PICTURE, tokens.CASE_PICTURE)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = ElidedLabel("", "strong")
        self._count = label("", "small")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(tokens.SPACE_16)
        row = tight(QHBoxLayout(), tokens.SPACE_16)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._right(), 1)
        self.body.addLayout(row)
        self.previous = self.add_button("&Previous")
        self.previous.clicked.connect(lambda: self.step(-1))
        self.following = self.add_button("&Next")
        self.following.clicked.connect(lambda: self.step(1))
        self.close_button = self.add_close()
        self.resize(tokens.CASE_PICTURE + tokens.DIALOG_W // 2, self.height())
        store.ready.connect(self._arrived)
        store.failed.connect(lambda key, _: self._arrived(key))
        self._show()

    def _right(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(tokens.SPACE_8)
        column.addWidget(self._title)
        column.addWidget(self._count)
        column.addLayout(self._form)
        column.addStretch(1)
        self._note = label("", "small", wrap=True)
        column.addWidget(self._note)
        return column

    @property
    def case(self) -> CaseResult:
        """The case that is shown."""
        return self._cases[self.place]

    def step(self, by: int) -> None:
        """Show a neighbour, as far as there is one."""
        target = self.place + by
        if 0 <= target < len(self._cases):
            self.place = target
            self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go to the neighbours."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self.step(step)
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        case = self.case
        self.setWindowTitle(case_title(case))
        self._title.set_full(case_title(case))
        self._count.setText(f"{self.place + 1} of {len(self._cases)}")
        self._store.request([case.key])
        self._arrived(case.key)
        while self._form.rowCount():
            self._form.removeRow(0)
        for name, value in case_facts(self._found, case):
            self._form.addRow(label(name, "secondary"), ElidedLabel(value))
        self.previous.setEnabled(self.place > 0)
        self.following.setEnabled(self.place + 1 < len(self._cases))

    def _arrived(self, key: str) -> None:
        if key != self.case.key:
            return
        image, error = self._store.image(key), self._store.error(key)
        self._picture.setPixmap(square(image, tokens.CASE_PICTURE))
        legend = _LEGENDS[self._found.task] if image is not None else "The picture is being drawn…"
        self._note.setText(f"No picture: {error}" if error else legend)
