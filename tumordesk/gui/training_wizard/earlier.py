"""What was there before: folders that were used, trainings that run or can go on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal

from tumordesk.core.training_run import RunState
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.widgets import Card, FolderRow
from tumordesk.session.run_process import OVER, is_alive
from tumordesk.session.training import KnownRun, known_runs

SHOWN = 5


class RecentFolders(Card):
    """Data folders of the last times. ``chosen(path)``."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__("Recent folders", "clock")
        self.rows: list[FolderRow] = []
        self._shown: tuple[str, ...] | None = None

    def show_folders(self, paths: Sequence[str]) -> None:
        """List these."""
        if tuple(paths) == self._shown:
            return
        self._shown = tuple(paths)
        _empty(self)
        self.rows = []
        for path in paths[:SHOWN]:
            row = FolderRow(Path(path).name or path, path)
            row.clicked.connect(lambda _=False, name=path: self.chosen.emit(name))
            self.column.addWidget(row)
            self.rows.append(row)
        if not paths:
            self.column.addWidget(
                label("Folders you train on are listed here.", "secondary", wrap=True)
            )


@dataclass(frozen=True)
class _Seen:
    run: KnownRun
    alive: bool


class EarlierRuns(Card):
    """Trainings of the last times: one that runs is shown again, one that stopped can go on."""

    def __init__(self, context: WizardContext) -> None:
        super().__init__("Trainings", "train")
        self._context = context
        self.rows: list[FolderRow] = []
        self._show(())

    def load(self) -> None:
        """Look which there are."""
        self._context.runner.submit(
            "io",
            "known-runs",
            lambda _: tuple(_Seen(run, is_alive(run.folder)) for run in known_runs()[:SHOWN]),
            done=self._show,
        )

    def _show(self, found: tuple[_Seen, ...]) -> None:
        _empty(self)
        self.rows = []
        for seen in found:
            row = FolderRow(seen.run.name, run_words(seen.run, seen.alive), "model")
            row.setToolTip(str(seen.run.folder))
            row.clicked.connect(lambda _=False, run=seen.run: self._open(run))
            self.column.addWidget(row)
            self.rows.append(row)
        if not found:
            words = "A training goes on when this window is closed; it is found again here."
            self.column.addWidget(label(words, "secondary", wrap=True))

    def _open(self, run: KnownRun) -> None:
        training = self._context.training
        if not (training.folder == run.folder and training.follower is not None):
            training.attach(run.folder)
        self._context.show_stage("train")


def run_words(run: KnownRun, alive: bool) -> str:
    """How a training stands, and since when."""
    day = time.strftime("%d %b %Y, %H:%M", time.localtime(run.changed))
    if run.state is None:
        return f"Damaged · {day}"
    if run.state in OVER:
        return f"{run.state.value.capitalize()} · {day}"
    if alive:
        return "Paused · open to go on" if run.state is RunState.PAUSED else "Training now"
    return f"Interrupted, can go on · {day}"


def _empty(card: Card) -> None:
    """Take out everything but the title."""
    while card.column.count() > 1:
        item = card.column.takeAt(1)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
