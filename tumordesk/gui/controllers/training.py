"""Opens the training wizard, brings it to the front, and closes it with the main window."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer

from tumordesk.core.policy import policy
from tumordesk.core.settings import TrainingChoices
from tumordesk.gui.banner import Message
from tumordesk.gui.training_wizard.pieces import Pieces

if TYPE_CHECKING:
    from tumordesk.gui.main_window import MainWindow
    from tumordesk.gui.training_wizard.wizard import TrainingWizard

_WIZARD = "tumordesk.gui.training_wizard"
_MODULES = (
    "context", "data_page", "check_page", "split_page", "model_page", "train_page",
    "results_views", "results_page", "use_page", "wizard",
)  # fmt: skip


class TrainingController(QObject):
    """At most one wizard at a time; ``wizard`` is None while there is none."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.wizard: TrainingWizard | None = None
        self.command: list[str] | None = None
        """The training program where it is not the usual one (tests)."""
        self._quitting = False
        self._closing: TrainingWizard | None = None
        self._pieces = Pieces(self)

    def warm_up(self) -> None:
        """Read the wizard's code ahead, so that it opens at once; first what needs no window."""
        if not policy().allows("training"):
            return

        def job(_: object) -> None:
            import tumordesk.session.model_problems
            import tumordesk.session.publishing
            import tumordesk.session.training_progress  # noqa: F401

        modules = (partial(import_module, f"{_WIZARD}.{name}") for name in _MODULES)
        self._window.runner.submit(
            "io", "warm-up-wizard", job, done=lambda _: self._pieces.add(*modules)
        )

    def show(self) -> None:
        """Open the wizard, or bring it to the front; say why where it is switched off."""
        forbidden = policy().refusal("training")
        if forbidden:
            self._window.say(Message("info", forbidden, stays=True))
            return
        if self.wizard is None:
            self.wizard = self._make()
        self.wizard.show()
        self.wizard.raise_()
        self.wizard.activateWindow()

    def _make(self) -> TrainingWizard:
        from tumordesk.gui.training_wizard.context import WizardContext
        from tumordesk.gui.training_wizard.wizard import TrainingWizard

        window = self._window
        context = WizardContext(
            window.runner,
            window.settings.training,
            self._keep,
            device=window.settings.device,
            command=self.command,
        )
        context.published.connect(self._published)
        context.wanted.connect(self._wanted)
        wizard = TrainingWizard(context)
        wizard.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wizard.setWindowIcon(window.windowIcon())
        wizard.closed.connect(self._closed)
        wizard.kept_open.connect(self._kept_open)
        wizard.destroyed.connect(self._deleted)
        return wizard

    def _keep(self, choices: TrainingChoices) -> None:
        self._window.change_settings(training=choices)

    def _published(self, model_id: str) -> None:
        text = f"{model_id} is in the model list now."
        self._window.say(Message("success", "Your model is published", text))
        self._window.running.load_models()

    def _wanted(self, model_id: str) -> None:
        """Use a model of the wizard in the viewer, with the viewer in front."""
        window = self._window
        window.running.set_wish(model_id)
        window.change_settings(segmentation_model=model_id)
        text = "Open a scan and press Run (Ctrl+R)."
        window.say(Message("success", f"{model_id} is chosen", text))
        window.raise_()
        window.activateWindow()

    def close(self) -> bool:
        """Close the wizard because the main window closes.

        Returns:
            False where it asks first what becomes of a training; the main window is then closed
            once that is answered, or stays.
        """
        self._pieces.stop()
        if self.wizard is None:
            return True
        self._quitting = True
        self.wizard.raise_()
        return self.wizard.close()

    def _closed(self) -> None:
        # Kept until Qt has deleted it: it is still inside its own closeEvent.
        self._closing, self.wizard = self.wizard, None
        if self._quitting:
            QTimer.singleShot(0, self._window, self._window.close)

    def _deleted(self) -> None:
        self._closing = None

    def _kept_open(self) -> None:
        self._quitting = False
