"""Opens the Batch window, finds an unfinished batch, and lets runs of the viewer come between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from tumordesk.core.policy import policy
from tumordesk.gui.banner import Message

if TYPE_CHECKING:
    from tumordesk.gui.batch.window import BatchWindow
    from tumordesk.gui.batch.work import BatchWork
    from tumordesk.gui.main_window import MainWindow
    from tumordesk.session.batch import Unfinished

OFFER_KEY = "batch-offer"
WAITING = "Waiting for the study of the batch"


class BatchController(QObject):
    """One batch and one window for it; both are made when they are first wanted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.window: BatchWindow | None = None
        self.work: BatchWork | None = None
        window.shown_first.connect(self.look_for_unfinished)
        window.running.models_changed.connect(self._models_changed)
        window.session.run_changed.connect(self._run_changed)

    def show(self) -> BatchWindow | None:
        """Open the window, or bring it to the front; None where batches are switched off."""
        forbidden = policy().refusal("batch")
        if forbidden:
            self._window.say(Message("info", forbidden, stays=True))
            return None
        made = self.window or self._make()
        made.show()
        made.raise_()
        made.activateWindow()
        return made

    def _make(self) -> BatchWindow:
        from tumordesk.gui.batch.window import BatchWindow
        from tumordesk.gui.batch.work import BatchWork

        window = self._window
        self.work = BatchWork(window.runner, self)
        self.window = BatchWindow(self.work, lambda: window.settings)
        self.window.setWindowIcon(window.windowIcon())
        self.window.set_entries(window.running.entries)
        self.window.started.connect(self._started)
        self.window.open_wanted.connect(self._open)
        self.work.phase_changed.connect(self._phase_changed)
        return self.window

    def close(self) -> None:
        """The main window closes, and its runner has ended: the batch can be continued later."""
        if self.work is not None:
            self.work.shut_down()
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.window = None

    # An unfinished batch --------------------------------------------------------------------

    def look_for_unfinished(self) -> None:
        """Offer to continue what was not finished the last time."""
        kept = self._window.settings.batch_out
        if not kept or not policy().allows("batch"):
            return

        def job(_: Any) -> Unfinished | None:
            from tumordesk.session.batch import unfinished

            return unfinished(Path(kept))

        self._window.runner.submit("io", OFFER_KEY, job, done=self._offer)

    def _offer(self, found: Unfinished | None) -> None:
        if found is None:
            return
        text = f"{found.done} of {found.studies} studies are done, in {found.out.name}."

        def go_on() -> None:
            self._window.parts.banner.dismiss()
            made = self.show()
            if made is not None:
                made.take_batch(found.paths, found.options)
                made.start()

        action = ("Go on", go_on)
        title = "A batch was not finished"
        self._window.say(Message("info", title, text, action=action, stays=True))

    def _started(self, out: Path) -> None:
        self._window.change_settings(batch_out=str(out))

    # What happens ---------------------------------------------------------------------------

    def _models_changed(self) -> None:
        if self.window is not None:
            self.window.set_entries(self._window.running.entries)

    def _open(self, paths: list[Path]) -> None:
        self._window.open_paths(paths)
        self._window.raise_()
        self._window.activateWindow()

    def _run_changed(self) -> None:
        """A run that has to wait says for what."""
        session, work = self._window.session, self.work
        state = session.run
        waits = work is not None and bool(work.current)
        if waits and state.phase == "running" and state.stage == "Starting":
            session.set_run(replace(state, stage=WAITING))

    def _phase_changed(self) -> None:
        from tumordesk.gui.batch.work import Phase

        work, shown = self.work, self.window is not None and self.window.isVisible()
        if work is None or work.batch is None:
            return
        self._window.auditing.tell_trouble()
        if work.phase is not Phase.DONE:
            return
        self._window.change_settings(batch_out="")
        if not shown:
            total, failed = len(work.batch.plan.studies), len(work.batch.failed)
            text = f"{total - failed} of {total} studies gave a result."
            action = ("Show", lambda: _ignored(self.show()))
            self._window.say(Message("success", "The batch is finished", text, action=action))


def _ignored(_: object) -> None:
    return None
