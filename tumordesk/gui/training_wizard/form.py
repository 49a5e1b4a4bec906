"""A long form in columns: what it is, the control, and what it means or what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard.controls import Control
from tumordesk.gui.training_wizard.widgets import Card


class Row:
    """One entry of a form. ``path`` names it ("optimiser.rate")."""

    def __init__(self, path: str, caption: str, control: Control, help_text: str) -> None:
        self.path = path
        self.control = control
        self.help_text = help_text
        self.caption = QLabel(caption)
        self.caption.setBuddy(control)
        self.words = label(help_text, "small", wrap=True)
        self.problem = ""
        name = caption.replace("&", "")
        control.setAccessibleName(name)
        control.setAccessibleDescription(help_text)

    def set_help(self, text: str) -> None:
        """Say something else in its place, where nothing is wrong."""
        if text == self.help_text:
            return
        self.help_text = text
        if not self.problem:
            self.words.setText(text)
            self.control.setAccessibleDescription(text)

    def set_problem(self, text: str, *, blocks: bool = True) -> None:
        """Say what is wrong in the place of the help; "" is nothing."""
        if text == self.problem:
            return
        self.problem = text
        self.words.setText(text or self.help_text)
        self.words.setProperty("tone", ("error" if blocks else "warning") if text else "")
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)
        self.control.setAccessibleDescription(text or self.help_text)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the whole row."""
        for widget in (self.caption, self.control, self.words):
            widget.setVisible(visible)


class FormSection(Card):
    """A card of rows. ``edited(path)``: a person changed one."""

    edited = Signal(str)

    def __init__(self, parent: QWidget, title: str, text: str = "") -> None:
        super().__init__(parent=parent)
        self.title = title
        self.setAccessibleName(title)
        self.column.addWidget(label(title, "strong"))
        if text:
            self.column.addWidget(label(text, "secondary", wrap=True))
        self.grid = QGridLayout()
        self.grid.setContentsMargins(0, tokens.SPACE_4, 0, tokens.SPACE_4)
        self.grid.setHorizontalSpacing(tokens.SPACE_16)
        self.grid.setVerticalSpacing(tokens.SPACE_8)
        self.grid.setColumnMinimumWidth(0, tokens.FORM_LABEL_W)
        self.grid.setColumnMinimumWidth(1, tokens.FORM_CONTROL_W)
        self.grid.setColumnStretch(2, 1)
        self.column.addLayout(self.grid)
        self.rows: dict[str, Row] = {}

    def add(
        self, path: str, caption: str, control: Control, help_text: str, *, wide: bool = False
    ) -> Row:
        """One more row; ``control`` is one of :mod:`controls`.

        A ``wide`` control has long words in it; its help stands below.
        """
        row = Row(path, caption, control, help_text)
        self.rows[path] = row
        line = self.grid.rowCount()
        control.setFixedWidth(tokens.FORM_WIDE_W if wide else tokens.FORM_CONTROL_W)
        control.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        middle = Qt.AlignmentFlag.AlignVCenter
        self.grid.addWidget(row.caption, line, 0, middle)
        if wide:
            self.grid.addWidget(control, line, 1, 1, 2, middle)
            self.grid.addWidget(row.words, line + 1, 1, 1, 2)
            row.words.setContentsMargins(0, 0, 0, tokens.SPACE_4)
        else:
            self.grid.addWidget(control, line, 1, middle)
            self.grid.addWidget(row.words, line, 2, middle)
        control.edited.connect(lambda: self.edited.emit(path))
        return row

    def add_wide(self, widget: QWidget, *, under_control: bool = False) -> None:
        """Something over all columns, or from the control's column on."""
        line = self.grid.rowCount()
        first = 1 if under_control else 0
        self.grid.addWidget(widget, line, first, 1, 3 - first)
