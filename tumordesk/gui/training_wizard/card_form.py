"""What a person writes on the card of a model."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.training_wizard.beside import words
from tumordesk.session.publishing import CardTexts, RunFacts, free_id, suggested, with_own

_LIMITS_LINES = 5
_RECORD = "&Record which pictures it learned from"
_RECORD_WORDS = (
    "So that the model tells when it is tested on them. Whoever has the model and a picture can "
    "then find out whether it learned from that."
)
_TUNE = "Choose threshold and smallest outline on the validation part"
_LICENCES = "e.g. CC BY 4.0; only what the licences of your data allow"


class CardForm(QWidget):
    """Name and texts. ``changed`` after every key; the identifier follows the name until it is
    written by hand."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._facts: RunFacts | None = None
        self._suggested: CardTexts | None = None
        self._own_id = False
        self.name = _line("As people read it")
        self.model_id = _line("In file names and on the command line")
        self.version = _line("1.0")
        self.summary = _line("One sentence: what it does, on which pictures")
        self.licence = _line(_LICENCES)
        self.limits = QPlainTextEdit()
        self.limits.setTabChangesFocus(True)
        self.limits.setObjectName("entry")
        self.limits.document().setDocumentMargin(tokens.SPACE_12)
        self.limits.setAccessibleName("Limits")
        self.limits.setPlaceholderText("One in each line: when should nobody rely on it?")
        height = self.limits.fontMetrics().lineSpacing() * _LIMITS_LINES + 2 * tokens.SPACE_12
        self.limits.setFixedHeight(height)
        self.data_name = _line("Name of the data set")
        self.data_licence = _line("Licence of the data")
        self.data_citation = _line("Who is to be cited")
        self.tune = QCheckBox(_TUNE)
        self.record = QCheckBox(_RECORD)
        self.record.setChecked(True)
        self.record_words = words(_RECORD_WORDS, "small")
        self.record_words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.record.setAccessibleDescription(_RECORD_WORDS)
        self.exchange = QCheckBox("E&xchange my model of that identifier")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(tokens.SPACE_16)
        self._form.setVerticalSpacing(tokens.SPACE_12)
        self._rows: dict[str, QWidget] = {}
        self._build()
        self.name.textEdited.connect(self._name_edited)
        self.model_id.textEdited.connect(self._id_edited)
        for line in self._lines():
            line.textChanged.connect(self.changed)
        self.limits.textChanged.connect(self.changed)
        self.exchange.toggled.connect(self.changed)

    def _build(self) -> None:
        for caption, field in (
            ("&Name", self.name),
            ("I&dentifier", self.model_id),
            ("V&ersion", self.version),
            ("S&ummary", self.summary),
            ("&Licence", self.licence),
            ("L&imits", self.limits),
            ("Da&ta set", self.data_name),
            ("Data licence", self.data_licence),
            ("Citation", self.data_citation),
        ):
            key = QLabel(caption)
            key.setProperty("role", "secondary")
            key.setBuddy(field)
            key.setMinimumHeight(tokens.BUTTON_H)
            if isinstance(field, QLineEdit):
                field.setAccessibleName(caption.replace("&", ""))
            self._form.addRow(key, field)
            if field is self.model_id:
                self._form.addRow("", self.exchange)
        for part in (self.tune, self.record, self.record_words):
            self._form.addRow("", part)
        column = tight(QVBoxLayout(self), tokens.SPACE_8)
        column.addWidget(label("What people should know", "strong"))
        column.addLayout(self._form)
        column.addStretch(1)
        self._show_exchange()

    def _lines(self) -> tuple[QLineEdit, ...]:
        return (
            self.name, self.model_id, self.version, self.summary, self.licence,
            self.data_name, self.data_licence, self.data_citation,
        )  # fmt: skip

    def set_expert(self, expert: bool) -> None:
        """Show everything, or only what everybody should fill in."""
        for field in (self.version, self.data_name, self.data_licence, self.data_citation):
            self._form.setRowVisible(field, expert)
        self._expert = expert
        self._show_options()

    _expert = False

    def _show_options(self) -> None:
        outlines = self._facts is not None and self._facts.config.task == "segmentation"
        self._form.setRowVisible(self.tune, self._expert and outlines)
        for part in (self.record, self.record_words):
            self._form.setRowVisible(part, self._expert)

    def show_facts(self, facts: RunFacts) -> None:
        """Start from what is known of a run."""
        self._own_id = False
        self._fill(facts, dict.fromkeys(range(len(self._lines())), True), limits=True)
        self.tune.setChecked(False)
        self.record.setChecked(True)

    def follow_facts(self, facts: RunFacts) -> None:
        """Other facts of the same run: what a person wrote stays."""
        before = self._suggested
        if before is None:
            self.show_facts(facts)
            return
        pairs = zip(self._lines(), _line_texts(before), strict=True)
        alike = {number: field.text() == text for number, (field, text) in enumerate(pairs)}
        self._fill(facts, alike, limits=self.limits.toPlainText() == before.limits)

    def _fill(self, facts: RunFacts, lines: dict[int, bool], *, limits: bool) -> None:
        self._facts = facts
        self._suggested = texts = suggested(facts)
        if limits:
            self.limits.setPlainText(texts.limits)
        for number, (field, text) in enumerate(zip(self._lines(), _line_texts(texts), strict=True)):
            if lines[number]:
                field.setText(text)
                field.setCursorPosition(0)
        self._show_options()
        self._show_exchange()

    def texts(self) -> CardTexts:
        """What is written now."""
        return CardTexts(
            name=self.name.text(),
            model_id=self.model_id.text().strip(),
            version=self.version.text(),
            summary=self.summary.text(),
            licence=self.licence.text(),
            limits=self.limits.toPlainText(),
            data_name=self.data_name.text(),
            data_licence=self.data_licence.text(),
            data_citation=self.data_citation.text(),
        )

    def took(self, model_id: str) -> None:
        """A model of that identifier is there now."""
        if self._facts is not None:
            self._facts = with_own(self._facts, model_id)
            self._show_exchange()

    @property
    def taken(self) -> bool:
        """Whether one of the person's models has that identifier."""
        return self._facts is not None and self.model_id.text().strip() in self._facts.own_ids

    def _name_edited(self, name: str) -> None:
        if not self._own_id and self._facts is not None:
            taken = (*self._facts.own_ids, *self._facts.bundled_ids)
            self.model_id.setText(free_id(name, taken))
            self._show_exchange()

    def _id_edited(self, _: str) -> None:
        self._own_id = True
        self._show_exchange()

    def _show_exchange(self) -> None:
        self._form.setRowVisible(self.exchange, self.taken)
        if not self.taken:
            self.exchange.setChecked(False)


def _line_texts(texts: CardTexts) -> tuple[str, ...]:
    return (
        texts.name, texts.model_id, texts.version, texts.summary, texts.licence,
        texts.data_name, texts.data_licence, texts.data_citation,
    )  # fmt: skip


def _line(hint: str) -> QLineEdit:
    line = QLineEdit()
    line.setPlaceholderText(hint)
    line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return line
