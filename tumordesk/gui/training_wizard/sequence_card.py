"""Which of several sequences the network learns from, where the folder holds scans of several."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal

from tumordesk.core.sequence_sources import parse_sequences, sequences_text
from tumordesk.core.study import sequence_shown
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.controls import Choice
from tumordesk.gui.training_wizard.widgets import Card

_MIXED = "All scans, each as a case of its own (mixed)"
_NOTE = (
    "These scans are of several sequences. Choose the one to learn from, or all of them as the "
    "channels of one network; mixed, scans of one examination count as cases of their own."
)


class SequenceCard(Card):
    """One choice for each sequence; hidden where the scans are of one.

    ``chosen``: the folder is to be read anew.
    """

    chosen = Signal()

    def __init__(self, context: WizardContext) -> None:
        super().__init__("Which sequence?")
        self._context = context
        self._offered: tuple[str, ...] = ()
        self.choice = Choice()
        self.choice.setAccessibleName("Sequence to learn from")
        self.choice.edited.connect(self._take)
        self.column.addWidget(self.choice)
        self.column.addWidget(label(_NOTE, "small", wrap=True))
        self.hide()

    def forget(self) -> None:
        """Another folder was chosen: nothing is known of its scans yet."""
        self._offered = ()
        self.show_sequences()

    def show_sequences(self) -> None:
        """Offer what the report says; the last offer stands while the folder is read anew."""
        report = self._context.draft.report
        if report is not None:
            self._offered = report.sequences
        self.setVisible(bool(self._offered))
        if not self._offered:
            return
        now = sequences_text(self._context.draft.data.sequences)
        options = _options(self._offered)
        if now not in [value for value, _ in options]:
            options.append((now, now))
        self.choice.set_options(options)
        self.choice.set_value(now)

    def _take(self) -> None:
        draft = self._context.draft
        sequences = parse_sequences(self.choice.value())
        if sequences != draft.data.sequences:
            draft.read_as(replace(draft.data, sequences=sequences))
            self.chosen.emit()


def _options(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """(text of :func:`parse_sequences`, words), the mixture first: it is what stands unchosen."""
    single = [(name, f"{sequence_shown(name)} alone") for name in names]
    shown = " + ".join(map(sequence_shown, names))
    return [("", _MIXED), *single, (", ".join(names), f"{shown}, as channels")]
