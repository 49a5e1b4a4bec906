"""Opens the audit log, and says once where it cannot be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from tumordesk.gui.banner import Message
from tumordesk.session.audit import take_trouble

if TYPE_CHECKING:
    from tumordesk.gui.dialogs.audit import AuditDialog
    from tumordesk.gui.main_window import MainWindow


class AuditController(QObject):
    """One for a window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.running.ended.connect(lambda _: self.tell_trouble())
        window.exporting.exported.connect(lambda _: self.tell_trouble())

    def show(self) -> AuditDialog:
        """Open the log."""
        from tumordesk.gui.dialogs.audit import AuditDialog

        dialog = AuditDialog(self._window.runner, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def tell_trouble(self) -> None:
        """Say that the log could not be written, where that is so and was not said yet."""
        trouble = take_trouble()
        if trouble:
            hint = "Runs go on without it. Check that your data folder can be written."
            self._window.say(Message("warning", trouble, hint))
