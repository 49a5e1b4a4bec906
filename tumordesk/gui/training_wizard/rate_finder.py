"""The learning rate finder: the loss while the rate grows, and the rate that follows from it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import from_plain
from tumordesk.core.training_run import TrainingConfig
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.training_wizard.config_command import ConfigCommand
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.controls import shown_number
from tumordesk.gui.training_wizard.plot import Plot

HELP = (
    "Tries small steps up to large ones on your pictures, and keeps nothing; some minutes without "
    "a graphics card."
)


@dataclass(frozen=True)
class RateAnswer:
    """What ``find-rate --json`` prints: rates, the loss at each, a suggestion or why there is
    none."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float | None
    reason: str = ""
    schema: int = 1


class RateFinder(QFrame):
    """A button; then progress; then a curve with 'Use'. ``chosen(rate)``: a person takes it."""

    chosen = Signal(float)

    def __init__(self, context: WizardContext) -> None:
        super().__init__()
        self.setObjectName("field")
        self.answer: RateAnswer | None = None
        self._config: TrainingConfig | None = None
        self.command = ConfigCommand(context, "find-rate")
        self.command.changed.connect(self._show_state)
        self.command.done.connect(self._found)
        self.command.failed.connect(self._failed)
        self.begin = QPushButton("&Find a learning rate")
        self.cancel = QPushButton("Cancel")
        self.use = QPushButton("&Use")
        self.words = label(HELP, "small", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.plot: Plot | None = None
        self._column = QVBoxLayout(self)
        self.begin.clicked.connect(self._search)
        self.cancel.clicked.connect(self.command.cancel)
        self.use.clicked.connect(self._use)
        self._build()
        self._show_state()

    def _build(self) -> None:
        row = tight(QHBoxLayout(), tokens.SPACE_12)
        row.addWidget(self.begin)
        row.addWidget(self.cancel)
        row.addWidget(self.words, 1)
        row.addWidget(self.use)
        column = self._column
        column.setContentsMargins(tokens.SPACE_12, tokens.SPACE_8, tokens.SPACE_12, tokens.SPACE_8)
        column.setSpacing(tokens.SPACE_8)
        column.addLayout(row)
        column.addWidget(self.bar)

    def use_config(self, config: TrainingConfig | None) -> None:
        """What the finder is to try; None where it cannot be tried as it is."""
        self._config = config
        self.begin.setEnabled(config is not None)

    def stop(self) -> None:
        """End a search."""
        self.command.cancel()

    def _search(self) -> None:
        if self._config is not None:
            self.answer = None
            self.command.ask(self._config, ("--json",))

    def _use(self) -> None:
        if self.answer is not None and self.answer.suggested is not None:
            self.chosen.emit(self.answer.suggested)

    def _found(self, text: str) -> None:
        try:
            self.answer = read_answer(text)
        except ConfigError as error:
            self._failed(f"The answer cannot be read: {error.message}")
            return
        self._draw(self.answer)
        self._say(self.answer.reason)

    def _draw(self, answer: RateAnswer) -> None:
        if self.plot is None:
            self.plot = Plot("Loss at each learning rate", "learning rate", log_x=True)
            self._column.addWidget(self.plot)
        self.plot.set_line("loss", answer.rates, answer.losses, "accent")
        self.plot.set_mark(answer.suggested)
        self.plot.make()

    def _failed(self, sentence: str) -> None:
        self._say(sentence, "error")

    def _say(self, sentence: str, tone: str = "") -> None:
        self.words.setText(sentence)
        self.words.setProperty("tone", tone)
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)

    def _show_state(self) -> None:
        running, answer = self.command.running, self.answer
        if running:
            self._say(f"{self.command.text or 'Starting'} …")
        elif self.words.text().endswith("…"):
            self._say(HELP)
        self.bar.setVisible(running)
        self.bar.setValue(round(100 * self.command.share))
        self.begin.setVisible(not running)
        self.begin.setText("&Find a learning rate" if answer is None else "&Find again")
        self.cancel.setVisible(running)
        if self.plot is not None:
            self.plot.setVisible(answer is not None and bool(answer.rates))
        suggested = answer.suggested if answer is not None else None
        self.use.setVisible(suggested is not None and not running)
        if suggested is not None:
            self.use.setText(f"&Use {shown_number(suggested)}")


def read_answer(text: str) -> RateAnswer:
    """Decode what ``find-rate --json`` printed. Raises ConfigError."""
    try:
        return from_plain(RateAnswer, json.loads(text), "learning rates")
    except ValueError as error:
        raise ConfigError("it is not JSON.") from error
