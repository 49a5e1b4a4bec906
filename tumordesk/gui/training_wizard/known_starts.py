"""Asks the training program which starts know the test pictures already, once for each split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import TrainingConfig
from tumordesk.gui.training_wizard.config_command import ConfigCommand
from tumordesk.session.model_choices import AUTO
from tumordesk.session.start_knowledge import StartKnowledge, read_knowledge

if TYPE_CHECKING:
    from tumordesk.gui.training_wizard.context import WizardContext


class KnownStarts(QObject):
    """``changed``: there is an answer. Without one nothing is said: the training says it later."""

    changed = Signal()

    def __init__(self, context: WizardContext) -> None:
        super().__init__(context)
        self._asked: object = None
        self.answer: StartKnowledge | None = None
        self.command = ConfigCommand(context, "known")
        self.command.done.connect(self._answered)
        self.command.failed.connect(lambda _: self._forget())

    def ask(self, config: TrainingConfig) -> None:
        """Find out for these data and this split, where that is not known or asked for already."""
        what = (config.data, config.split, config.task, config.classes, config.architecture)
        if what == self._asked:
            return
        self._asked, self.answer = what, None
        self.command.ask(config, ("--json",))

    def words(self, weights: str) -> str:
        """What speaks against a start, see :meth:`StartKnowledge.words`."""
        if self.answer is None:
            return ""
        model = self.answer.start if weights == AUTO else weights
        return self.answer.words(model) if model in self.answer.models else ""

    def stop(self) -> None:
        """Ask for nothing more."""
        if self.command.running:
            self.command.cancel()
            self._asked = None

    def _answered(self, text: str) -> None:
        try:
            self.answer = read_knowledge(text)
        except ConfigError:
            self._forget()
            return
        self.changed.emit()

    def _forget(self) -> None:
        self._asked = None
