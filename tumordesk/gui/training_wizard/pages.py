"""What every page of the wizard is: a title, a sentence, a body, and what Next means."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.session.training import StageName


class Page(QWidget):
    """One stage. Sub-classes set ``stage``, ``title``, ``hint`` and fill ``body``.

    ``changed`` is emitted whenever :meth:`complete`, :meth:`next_sentence`, or what can be
    reached, may have changed.

    Every part is put into its place before it is filled: whatever gets another place is given the
    look of the program anew, with all that is in it.
    """

    stage: ClassVar[StageName]
    title: ClassVar[str]
    hint: ClassVar[str]
    changed = Signal()

    def __init__(self, context: WizardContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.setAccessibleName(self.title)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(tokens.SPACE_24, tokens.SPACE_16, tokens.SPACE_24, tokens.SPACE_16)
        outer.setSpacing(tokens.SPACE_4)
        outer.addWidget(label(self.title, "title"))
        outer.addWidget(label(self.hint, "secondary", wrap=True))
        outer.addSpacing(tokens.SPACE_12)
        self.body = QVBoxLayout()
        self.body.setSpacing(tokens.SPACE_12)
        outer.addLayout(self.body, 1)

    def enter(self) -> None:
        """The page is shown now; read the draft again."""

    def leave(self) -> bool:
        """Another page is about to be shown; False keeps this one."""
        return True

    def complete(self) -> bool:
        """Whether Next may be pressed."""
        return True

    def next_text(self) -> str:
        """The words on the button that goes on."""
        return "&Next"

    def next_sentence(self) -> str:
        """One sentence: what happens with Next, or what is missing for it."""
        return ""

    def advance(self) -> bool:
        """Next was pressed; False where the page goes on by itself later (``context.go``)."""
        return True

    def set_expert(self, expert: bool) -> None:
        """Show every number, or only what decides."""

    def stop(self) -> None:
        """The window closes: end timers and whatever the page itself runs."""


def scrolling(inner: QWidget, parent: QWidget | None = None) -> QScrollArea:
    """``inner`` in a frame that scrolls up and down where the window is small."""
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    # Qt takes the lowest height from the narrowest words; what counts is the present width.
    inner.setMinimumHeight(1)
    area.setWidget(inner)
    return area
