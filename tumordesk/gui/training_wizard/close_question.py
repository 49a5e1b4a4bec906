"""What becomes of a training when the window closes."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from tumordesk.gui import tokens
from tumordesk.gui.dialogs.base import BaseDialog, text_label

Answer = Literal["keep", "stop", "stay"]
_TEXT = (
    "It can go on without this window: open the wizard again at any time to see how far it is. "
    "Or it stops after the present step and keeps the best model it found so far; it can be "
    "resumed later."
)


class CloseQuestion(BaseDialog):
    """``answered``: "keep" training in the background, "stop" and keep the best, or "stay"."""

    answered = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("A training is running", parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(tokens.DIALOG_W)
        self.resize(tokens.DIALOG_W, 0)
        self.body.addWidget(text_label("The training is not over", "strong"))
        self.body.addWidget(text_label(_TEXT, "secondary"))
        self.stay = self.add_button("&Cancel")
        self.stop = self.add_button("&Stop, keep best")
        self.keep = self.add_button("&Keep training", primary=True)
        self.keep.setFocus()
        self._answer: Answer = "stay"
        for button, answer in ((self.stop, "stop"), (self.keep, "keep")):
            button.clicked.connect(lambda _=False, said=answer: self._say(said))
        self.stay.clicked.connect(self.reject)
        self.finished.connect(lambda _: self.answered.emit(self._answer))

    def _say(self, answer: Answer) -> None:
        self._answer = answer
        self.accept()
