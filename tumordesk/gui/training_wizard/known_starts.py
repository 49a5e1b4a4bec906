"""Asks the training program which starts know the test pictures already, once for each split."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import TrainingConfig
from tumordesk.gui.training_wizard.config_command import ConfigCommand
from tumordesk.session.model_choices import AUTO
from tumordesk.session.start_knowledge import StartKnowledge, read_knowledge

if TYPE_CHECKING:
    from tumordesk.gui.training_wizard.context import WizardContext

WAIT_MS = 400


class KnownStarts(QObject):
    """``changed``: there is an answer. Without one nothing is said: the training says it later."""

    changed = Signal()

    def __init__(self, context: WizardContext) -> None:
        super().__init__(context)
        self._asked: object = None
        self.answer: StartKnowledge | None = None
        self.command = ConfigCommand(context, "known", WAIT_MS)
        self.command.done.connect(self._answered)

    def ask(self, config: TrainingConfig) -> None:
        """Find out for these data and this split, where that is not known or asked for already.

        What failed is asked again when something is changed, or the page is entered anew.
        """
        wish = config.initial_weights
        # A file or folder is in no list of models: it is asked about by its path.
        own = wish if "/" in wish or "\\" in wish else ""
        trial = (config.limit, config.seed) if config.limit else ()
        data = (config.data, config.split, config.task, config.classes)
        # Which model "auto" stands for hangs on the network.
        what = (*data, config.architecture, trial, own)
        if what == self._asked:
            return
        self._asked, self.answer = what, None
        self.command.ask(config, ("--json",))

    def words(self, weights: str) -> str:
        """What speaks against a start, see :meth:`StartKnowledge.words`."""
        if self.answer is None:
            return ""
        return self.answer.words(self.answer.auto if weights == AUTO else weights)

    def stop(self) -> None:
        """Ask for nothing more; the next :meth:`ask` begins anew."""
        self.command.cancel()
        self._asked = None

    def _answered(self, text: str) -> None:
        with suppress(ConfigError):
            self.answer = read_knowledge(text)
            self.changed.emit()
