"""Choices after which the folder is read again: which colour, which patients in the names."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from tumordesk.core.data_report import CHANNELS, READ_ANEW, Action, DataFinding
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import clear, label, tight
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.flow import FlowLayout
from tumordesk.gui.training_wizard.thumbnails import ThumbnailStore
from tumordesk.gui.training_wizard.widgets import CasePicture

_COLOURS: dict[str, str] = {"red": "Red", "green": "Green", "blue": "Blue", "grey": "All, as grey"}
_BUTTONS: dict[str, str] = {"pattern": "&Use these as patients", "forget": "&Drop the pattern"}
_AGAIN = "The folder is then looked at again."


class ReadAnew(QWidget):
    """A button for each choice: an arrow key between radio buttons would start a check at once.

    ``chosen(action)``: a person pressed one. ``buttons``: by action.
    """

    chosen = Signal(str)

    def __init__(self, context: WizardContext) -> None:
        super().__init__()
        self._context = context
        self.buttons: dict[str, QPushButton] = {}
        self._column = tight(QVBoxLayout(self), tokens.SPACE_8)

    def show_finding(self, finding: DataFinding, chosen: str) -> None:
        """Offer what can be chosen on a finding; ``chosen`` is what is done now."""
        clear(self._column)
        self.buttons = {}
        actions = [action for action in finding.actions if action in READ_ANEW]
        self.setVisible(bool(actions))
        colours = [action for action in actions if action in CHANNELS]
        if colours:
            self._column.addWidget(self._colours(finding, colours))
        for action in actions:
            if action not in CHANNELS:
                button = QPushButton(_BUTTONS[action])
                self._add(action, button)
                self._column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        if actions:
            self._column.addWidget(label(_AGAIN, "small", wrap=True))
        self.show_chosen(chosen)

    def show_chosen(self, chosen: str) -> None:
        """Mark what is done now."""
        for action, button in self.buttons.items():
            if button.isCheckable():
                button.setChecked(action == chosen)

    def _colours(self, finding: DataFinding, colours: list[Action]) -> QWidget:
        """The same picture in each colour, side by side."""
        box = QWidget()
        row = FlowLayout(box, tokens.SPACE_8)
        key = finding.examples[0].keys[0] if finding.examples else ""
        for action in colours:
            store = self._context.colours[action]
            store.use(replace(self._context.draft.data, channel=CHANNELS[action]))
            tile = ColourTile(_COLOURS[action], key, store)
            self._add(action, tile)
            row.addWidget(tile)
        return box

    def _add(self, action: str, button: QPushButton) -> None:
        button.clicked.connect(lambda _=False, said=action: self._press(said))
        self.buttons[action] = button

    def _press(self, action: str) -> None:
        self.show_chosen(action)
        self.chosen.emit(action)


class ColourTile(QPushButton):
    """A picture as one of its colours shows it, to be chosen."""

    def __init__(self, name: str, key: str, store: ThumbnailStore) -> None:
        super().__init__()
        self.setProperty("role", "tile")
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.picture = CasePicture(key, store)
        self._column = tight(QVBoxLayout(self), tokens.SPACE_4)
        margin = tokens.SPACE_4
        self._column.setContentsMargins(margin, margin, margin, margin)
        self._column.addWidget(self.picture)
        self._column.addWidget(label(name, "small"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if key:
            store.request([key])

    def sizeHint(self) -> QSize:
        """As large as the picture and its name; a button knows of its own text alone."""
        return self._column.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """No smaller."""
        return self._column.sizeHint()
