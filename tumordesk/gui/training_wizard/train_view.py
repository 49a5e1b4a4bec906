"""A training at work: its state, figures, curves, pictures and notes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.training_run import RunState, TrainingConfig, TrainingEvent
from tumordesk.gui import tokens
from tumordesk.gui.icons import icon
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.training_wizard.beside import Beside
from tumordesk.gui.training_wizard.curves import CurvesView
from tumordesk.gui.training_wizard.pages import scrolling
from tumordesk.gui.training_wizard.samples_view import SamplesView
from tumordesk.gui.training_wizard.widgets import Card, Fact
from tumordesk.session.folds import fold_words
from tumordesk.session.training_progress import (
    TrainingProgress,
    device_words,
    duration_words,
    memory_words,
    speed_words,
)

DRAW_MS = 200
"""Curves are drawn at most so often, however fast the events come."""
SHOWN_NOTES = 4
_FACTS = ("Best so far", "Time left", "Pictures", "Memory", "Computes on")

_ON = "&Go on from the last checkpoint"
_OTHERS = "Train the &other folds"


class TrainView(QWidget):
    """Feed it with :meth:`begin`, then :meth:`add`. Buttons ask; the page acts."""

    pause_asked = Signal()
    go_on_asked = Signal()
    stop_asked = Signal()
    resume_asked = Signal()
    anew_asked = Signal()
    save_asked = Signal()

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.progress = TrainingProgress()
        self.config: TrainingConfig | None = None
        self.lost = ""
        self._run = Path()
        self._waiting: list[TrainingEvent] = []
        self._asked = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DRAW_MS)
        self._timer.timeout.connect(self._draw)
        self.headline = label("", "strong", wrap=True)
        self.explanation = label("", "secondary", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.curves = CurvesView()
        self.samples = SamplesView(runner)
        self.notes = label("", "secondary", wrap=True)
        self.other = label("", "small", "warning", wrap=True)
        self.other.hide()
        self._facts: dict[str, Fact] = {name: Fact("–", name) for name in _FACTS}
        self._buttons()
        self._build()

    def _buttons(self) -> None:
        self.pause = _button("&Pause", "Wait after the present step", "")
        self.stop = _button("&Stop and keep best", "End now; the best epoch is kept", "stop")
        self.waits, self.folds_left, self._fold = False, 0, ""
        self.resume = _button(_ON, "Nothing is trained twice", "play")
        self.anew = _button("&New training", "Another training with what is chosen now", "train")
        self.save = _button("Save c&urves…", "As a picture and as a table (CSV)", "save")
        self.pause.clicked.connect(self._pause_clicked)
        self.stop.clicked.connect(self._stop_clicked)
        self.resume.clicked.connect(self.resume_asked)
        self.anew.clicked.connect(self.anew_asked)
        self.save.clicked.connect(self.save_asked)

    def _build(self) -> None:
        area = scrolling(QWidget(), self)
        tight(QVBoxLayout(self)).addWidget(area)
        column = tight(QVBoxLayout(area.widget()), tokens.SPACE_12)
        column.addWidget(self._head())
        charts = Card()
        charts.column.addWidget(self.curves)
        column.addWidget(charts, 1)
        said = QWidget()
        lines = tight(QVBoxLayout(said), tokens.SPACE_8)
        lines.addWidget(label("What the training said", "strong"))
        lines.addWidget(self.notes)
        lines.addStretch(1)
        column.addWidget(Beside(self.samples, said, 3, 2))

    def _head(self) -> Card:
        card = Card()
        told, buttons = QWidget(), QWidget()
        words = tight(QVBoxLayout(told), tokens.SPACE_4)
        words.addWidget(self.headline)
        words.addWidget(self.explanation)
        words.addWidget(self.other)
        row = tight(QHBoxLayout(buttons), tokens.SPACE_8)
        for button in (self.pause, self.stop, self.resume, self.anew, self.save):
            row.addWidget(button)
        row.addStretch(1)
        card.column.addWidget(Beside(told, buttons, 1, 0))
        card.column.addWidget(self.bar)
        facts = QGridLayout()
        facts.setHorizontalSpacing(tokens.SPACE_24)
        for place, name in enumerate(_FACTS):
            facts.addWidget(self._facts[name], 0, place)
        facts.setColumnStretch(len(_FACTS), 1)
        card.column.addLayout(facts)
        return card

    # Events --------------------------------------------------------------------------------

    def begin(self, run: Path, config: TrainingConfig | None) -> None:
        """Another run, or the same one from its first event."""
        self._run, self.config = run, config
        self._fold = fold_words(run, config) if config is not None else ""
        self.lost = self._asked = ""
        self._waiting.clear()
        self.progress = TrainingProgress(epochs=config.epochs if config is not None else 0)
        if config is not None:
            self.curves.clear(config.task, volumes=config.data.volumes, classes=len(config.classes))
        self.samples.clear()
        self._show()

    def add(self, events: Sequence[TrainingEvent]) -> None:
        """Take events; figures at once, curves a moment later with what else has come."""
        before = self.progress.state
        self.progress.take(events)
        if self.progress.state is not before:
            self._asked = ""
        self._waiting += events
        if not self._timer.isActive():
            self._timer.start()
        self._show()

    def lose(self, words: str) -> None:
        """The process is dead and did not say why."""
        self.lost = words
        self._asked = ""
        self._show()

    def stop_drawing(self) -> None:
        """The window closes."""
        self._timer.stop()

    def draw_now(self) -> None:
        """Draw what waits."""
        self._timer.stop()
        self._draw()

    def _draw(self) -> None:
        events, self._waiting = self._waiting, []
        self.curves.add(events)
        best = self.curves.book.best()
        if best is not None:
            self.progress.best_epoch = best[0]
        self._show()

    # Showing -------------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """True where no process trains any more."""
        return bool(self.lost) or self.progress.over

    @property
    def kept(self) -> bool:
        """True where there is an epoch to go on with."""
        return self.progress.best_epoch is not None

    def _show(self) -> None:
        progress = self.progress
        headline = self._lost_words() if self.lost else progress.headline()
        self.headline.setText(f"{headline} · {self._fold}" if self._fold else headline)
        words = self.lost or progress.explanation()
        self.explanation.setText(words)
        self.explanation.setVisible(bool(words))
        self._show_bar()
        self._show_buttons()
        self._show_facts()
        notes = progress.notes[-SHOWN_NOTES:]
        self.notes.setText("\n".join(f"• {note}" for note in notes) or "Nothing so far.")
        if progress.samples and self.config is not None:
            folder = self._run / progress.samples
            outlines = self.config.task == "segmentation"
            self.samples.show_epoch(folder, progress.epoch, outlines)

    def _lost_words(self) -> str:
        begun = self.progress.state is not RunState.CREATED
        return "Training was interrupted" if begun else "Training could not start"

    def _show_bar(self) -> None:
        self.bar.setVisible(not self.over)
        share = self.progress.progress
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(round(1000 * (share or 0.0)))

    def _show_buttons(self) -> None:
        state, over = self.progress.state, self.over
        paused = state is RunState.PAUSED
        self.pause.setVisible(not over)
        self.stop.setVisible(not over or self.waits)
        self.pause.setText({"pause": "Pausing…", "go on": "Going on…"}.get(
            self._asked, "&Go on" if paused else "&Pause"
        ))  # fmt: skip
        self.pause.setIcon(icon("play" if paused else "pause"))
        self.stop.setText("Stopping…" if self._asked == "stop" else "&Stop and keep best")
        started = state is not RunState.CREATED
        self.pause.setEnabled(started and not self._asked)
        self.stop.setEnabled(self._asked != "stop")
        unfinished = bool(self.lost) or state is not RunState.FINISHED
        others = state is RunState.FINISHED and not self.lost and self.folds_left > 0
        self.resume.setVisible(over and not self.waits and (unfinished or others) and self.kept)
        self.resume.setText(_OTHERS if others else _ON)
        self.anew.setVisible(over and not self.waits)
        self.save.setEnabled(bool(self.curves.book.rows))

    def show_other(self, *, chosen: bool) -> None:
        """``chosen``: something else is chosen now than what this run was made with."""
        config = self.config
        if chosen and config is not None:
            data = Path(config.data.root).name
            self.other.setText(
                f"This is the training '{config.name}' on {data}: not what is chosen now."
            )
        self.other.setVisible(chosen and config is not None)
        self.anew.setProperty("role", "primary" if chosen else "")
        self.anew.style().unpolish(self.anew)
        self.anew.style().polish(self.anew)

    def show_folds(self, *, waits: bool, left: int) -> None:
        """``waits``: this fold is over, and the process goes on with others; ``left``: so many are
        not finished, and no process is at them."""
        if (waits, left) != (self.waits, self.folds_left):
            self.waits, self.folds_left = waits, left
            self._show_buttons()

    def _show_facts(self) -> None:
        progress, best = self.progress, self.curves.book.best()
        figure = "–" if best is None or best[1] is None else f"{best[1]:.3f}"
        left = "–" if self.over else duration_words(progress.eta_s)
        values = (
            figure,
            left,
            speed_words(progress.images_per_s),
            memory_words(progress.memory_mb),
            device_words(progress.device),
        )
        for name, value in zip(_FACTS, values, strict=True):
            self._facts[name].value.setText(value)

    # Buttons -------------------------------------------------------------------------------

    def _pause_clicked(self) -> None:
        paused = self.progress.state is RunState.PAUSED
        self._asked = "go on" if paused else "pause"
        self._show_buttons()
        (self.go_on_asked if paused else self.pause_asked).emit()

    def _stop_clicked(self) -> None:
        self._asked = "stop"
        self._show_buttons()
        self.stop_asked.emit()

    def refused(self) -> None:
        """What was asked for could not be done: it may be asked for again."""
        self._asked = ""
        self._show()


def _button(text: str, tip: str, icon_name: str) -> QPushButton:
    button = QPushButton(text)
    if icon_name:
        button.setIcon(icon(icon_name))
    button.setIconSize(QSize(tokens.ICON_SMALL, tokens.ICON_SMALL))
    button.setToolTip(tip)
    return button
