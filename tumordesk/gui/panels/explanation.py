"""The explanation panel: the findings in plain words, for one reader in one language."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tumordesk.core.explanation import Explanation, Language, Register
from tumordesk.core.model_card import NOTICE
from tumordesk.gui import tokens
from tumordesk.gui.glyphs import ENGLISH_NAMES, language_name, missing_glyphs
from tumordesk.gui.panels.linked_text import LinkedText
from tumordesk.gui.panels.notices import notice
from tumordesk.gui.panels.parts import clear, label, tight
from tumordesk.gui.training_wizard.controls import Choice

READERS = (
    (Register.PATIENT, "Patient"),
    (Register.REFERRER, "Doctor"),
    (Register.RADIOLOGIST, "Radiologist"),
)
WRITING = "Being written, not checked yet"
NOTHING = "Nothing to explain yet. Run a model, or outline the tumour."
WAITING = "The text follows when the outline is measured."
State = Literal["nothing", "waiting", "shown", "writing"]


class ExplanationPanel(QWidget):
    """Shows what it is given and tells what a person asks for; makes no text itself."""

    wish_changed = Signal(object, object)
    """(Language, Register) that a person chose."""
    fact_chosen = Signal(str)
    ask_requested = Signal()
    cancel_requested = Signal()
    own_requested = Signal()
    """Show TumorDesk's own text again."""
    copied = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.state: State = "nothing"
        self.shown: Explanation | None = None
        self.forbidden = ""
        self.reader = Choice(READERS)
        self.reader.setAccessibleName("Written for")
        self.reader.setToolTip("Written for the patient, the referring doctor or the radiologist")
        self.language = Choice([(one, language_name(one)) for one in Language])
        self.language.setAccessibleName("Language")
        self.language.setToolTip("Language of the text")
        self.above = QVBoxLayout()
        self.text = LinkedText()
        self.below = QVBoxLayout()
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip("Copy the text")
        self.ask_button = QPushButton("Ask a language model…")
        self.cancel_button = QPushButton("Cancel")
        self.own_button = QPushButton("Show TumorDesk's own text")
        self._build()
        self.reader.edited.connect(self._wished)
        self.language.edited.connect(self._wished)
        self.text.fact_chosen.connect(self.fact_chosen)
        self.copy_button.clicked.connect(self._copy)
        self.ask_button.clicked.connect(self.ask_requested)
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.own_button.clicked.connect(self.own_requested)
        self.show_nothing(NOTHING)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.SPACE_12, 0, tokens.SPACE_12, tokens.SPACE_8)
        column.setSpacing(tokens.SPACE_8)
        choices = tight(QHBoxLayout(), tokens.SPACE_8)
        for choice, share in ((self.reader, 6), (self.language, 5)):
            choice.setMinimumContentsLength(1)
            choices.addWidget(choice, share)
        column.addLayout(choices)
        for inner in (self.above, self.below):
            tight(inner, tokens.SPACE_4)
        column.addLayout(self.above)
        column.addWidget(self.text)
        column.addLayout(self.below)
        column.addWidget(self.own_button)
        buttons = tight(QHBoxLayout(), tokens.SPACE_8)
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.ask_button, 1)
        buttons.addWidget(self.cancel_button, 1)
        column.addLayout(buttons)

    # What is shown -------------------------------------------------------------------------

    def set_wish(self, language: Language, register: Register) -> None:
        """Show which reader and language are chosen, without telling."""
        self.reader.set_value(register)
        self.language.set_value(language)

    def forbid_asking(self, why: str) -> None:
        """The administrator switched language models off: say so on the button."""
        self.forbidden = why
        self.ask_button.setToolTip(why)
        self.ask_button.setEnabled(self.state == "shown" and not why)

    @property
    def wish(self) -> tuple[Language, Register]:
        """The chosen language and reader."""
        return self.language.value(), self.reader.value()

    def show_nothing(self, why: str) -> None:
        """There is no text; say why."""
        self.shown = None
        self._fresh("nothing" if why == NOTHING else "waiting")
        self.text.show_plain(why)

    def show_explanation(self, shown: Explanation) -> None:
        """Show a text that only says what was found."""
        self.shown = shown
        self._fresh("shown")
        if shown.rejected:
            self.above.addWidget(notice(shown.rejected, "warning"))
        if missing_glyphs(shown.text):
            name = ENGLISH_NAMES[shown.language]
            self.above.addWidget(
                notice(
                    f"No font on this computer can write {name}. Install one, such as Noto Sans "
                    "CJK, and start TumorDesk again. Copy gives the text all the same.",
                    "warning",
                )
            )
            self.text.hide()
        else:
            self.text.show_explanation(shown)
        self.below.addWidget(label(source_words(shown), "small", wrap=True))
        self.below.addWidget(label(NOTICE.rstrip("."), "small", wrap=True))

    def show_writing(self, text: str, model: str) -> None:
        """Show what a language model has written so far."""
        if self.state != "writing":
            self._fresh("writing")
            self.above.addWidget(notice(WRITING, "warning"))
            self.below.addWidget(label(f"Written by {model}.", "small", wrap=True))
        self.text.show_plain(text or "Waiting for the first words…")

    def _fresh(self, state: State) -> None:
        clear(self.above)
        clear(self.below)
        self.state = state
        writing = state == "writing"
        self.text.show()
        focused = self.cancel_button.hasFocus() or self.ask_button.hasFocus()
        self.copy_button.setEnabled(state == "shown")
        self.ask_button.setEnabled(state == "shown" and not self.forbidden)
        self.ask_button.setVisible(not writing)
        self.cancel_button.setVisible(writing)
        of_model = self.shown is not None and self.shown.source == "model"
        self.own_button.setVisible(state == "shown" and of_model)
        if focused:
            (self.cancel_button if writing else self.ask_button).setFocus(
                Qt.FocusReason.OtherFocusReason
            )

    # What a person does --------------------------------------------------------------------

    def _wished(self) -> None:
        self.wish_changed.emit(*self.wish)

    def _copy(self) -> None:
        if self.shown is not None:
            QGuiApplication.clipboard().setText(copy_text(self.shown))
            self.copied.emit()


def source_words(shown: Explanation) -> str:
    """Where a text comes from."""
    if shown.source == "model":
        return f"Written by {shown.model}. Its numbers were compared with the findings."
    return "Made from the measured values, on this computer."


def copy_text(shown: Explanation) -> str:
    """The text with where it comes from and what it must not be used for."""
    return f"{shown.text}\n\n{source_words(shown)} {NOTICE}"
