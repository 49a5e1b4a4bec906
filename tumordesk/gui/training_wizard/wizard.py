"""The wizard's window: rail of stages, the page, and a footer that says what happens next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import tokens
from tumordesk.gui.banner import Banner, Message
from tumordesk.gui.enter import press_focused
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard.close_question import CloseQuestion
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.pages import Page
from tumordesk.gui.training_wizard.rail import Rail
from tumordesk.gui.training_wizard.registry import PAGES
from tumordesk.gui.training_wizard.switch import Switch
from tumordesk.session.run_process import is_alive
from tumordesk.session.training import STAGES, StageName

_TIPS = (
    "Only what decides; everything else has good defaults",
    "Every number of the training",
)


class Pages(Mapping[StageName, Page]):
    """The pages by stage, in order; each is made when it is first asked for."""

    def __init__(
        self, kinds: dict[StageName, type[Page]], make: Callable[[type[Page]], Page]
    ) -> None:
        self._kinds = kinds
        self._make = make
        self._pages: dict[StageName, Page] = {}

    def __getitem__(self, stage: StageName) -> Page:
        """The page of a stage. Raises KeyError where there is none."""
        if stage not in self._pages:
            self._pages[stage] = self._make(self._kinds[stage])
        return self._pages[stage]

    def __contains__(self, stage: object) -> bool:
        """Whether the stage has a page, made or not."""
        return stage in self._kinds

    def __iter__(self) -> Iterator[StageName]:
        """Stages in order."""
        return iter(self._kinds)

    def __len__(self) -> int:
        """How many stages there are."""
        return len(self._kinds)

    @property
    def made(self) -> tuple[Page, ...]:
        """The pages that exist by now."""
        return tuple(self._pages.values())


class TrainingWizard(QMainWindow):
    """From a folder to a model.

    ``closed``: the window has gone. ``kept_open``: a person was asked and stays.
    """

    closed = Signal()
    kept_open = Signal()

    def __init__(
        self,
        context: WizardContext,
        parent: QWidget | None = None,
        pages: tuple[type[Page], ...] = PAGES,
    ) -> None:
        super().__init__(parent)
        context.setParent(self)
        self.context = context
        self.setObjectName("wizard")
        self.setWindowTitle("Train a model - TumorDesk")
        order = sorted(pages, key=lambda page: STAGES.index(page.stage))
        self.rail = Rail([page.stage for page in order])
        self._stack = QStackedWidget()
        self.pages = Pages({page.stage: page for page in order}, self._made)
        self.banner = Banner()
        self.mode = Switch(("Guided", "Expert"), _TIPS)
        self.sentence = label("", "secondary", wrap=True)
        self.back = QPushButton("&Back")
        self.next = QPushButton("&Next")
        self._build()
        self._wire()
        self._current: StageName = order[0].stage
        self._visited: set[StageName] = set()
        self._may_close = False
        self.question: CloseQuestion | None = None
        self.set_expert(context.expert)
        self._place()
        self.show_stage(self._current)
        self._look_for_a_running_one()

    def _build(self) -> None:
        self.rail.foot.addWidget(label("How much to show", "small"))
        self.rail.foot.addWidget(self.mode)
        self.next.setProperty("role", "primary")
        self.next.setDefault(True)
        footer = QFrame()
        footer.setObjectName("wizardFooter")
        foot = QHBoxLayout(footer)
        foot.setContentsMargins(tokens.SPACE_24, tokens.SPACE_12, tokens.SPACE_24, tokens.SPACE_12)
        foot.setSpacing(tokens.SPACE_8)
        foot.addWidget(self.sentence, 1)
        foot.addWidget(self.back)
        foot.addWidget(self.next)
        right = QVBoxLayout()
        right.setSpacing(0)
        top = QVBoxLayout()
        top.setContentsMargins(tokens.SPACE_24, 0, tokens.SPACE_24, 0)
        top.addWidget(self.banner)
        right.addLayout(top)
        right.addWidget(self._stack, 1)
        right.addWidget(footer)
        root = QWidget()
        row = QHBoxLayout(root)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self.setCentralWidget(root)
        self.setMinimumSize(tokens.WINDOW_MIN_W, tokens.WINDOW_MIN_H)

    def _wire(self) -> None:
        self.rail.chosen.connect(self.show_stage)
        self.context.go.connect(self.show_stage)
        self.context.said.connect(self.banner.say)
        self.mode.chosen.connect(self._mode_chosen)
        self.context.expert_wanted.connect(lambda: self._mode_chosen(1))
        self.context.training.failed.connect(self._not_started)
        self.back.clicked.connect(lambda: self._step(-1))
        self.next.clicked.connect(self.go_on)
        self.context.training.begun.connect(lambda _: self.refresh())
        self.context.training.state_changed.connect(lambda _: self.refresh())
        self.context.training.lost.connect(lambda _: self.refresh())

    def _made(self, kind: type[Page]) -> Page:
        """A page, the first time that it is asked for."""
        page = kind(self.context, self._stack)
        page.set_expert(self.context.expert)
        page.changed.connect(self.refresh)
        self._stack.addWidget(page)
        return page

    # Stages --------------------------------------------------------------------------------

    @property
    def stage(self) -> StageName:
        """The stage that is shown."""
        return self._current

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.pages[self._current]

    def show_stage(self, stage: StageName) -> None:
        """Show a stage; one that has no page, or may not be seen yet, is not shown."""
        known = stage in self.pages and (stage in self._reachable() or not self._visited)
        if not known:
            return
        if self._visited and stage != self._current and not self.page.leave():
            return
        self._current = stage
        self._visited.add(stage)
        self._stack.setCurrentWidget(self.page)
        self.page.enter()
        self.refresh()

    def go_on(self) -> None:
        """What the Next button does."""
        if self.page.complete() and self.page.advance():
            self._step(1)

    def _step(self, by: int) -> None:
        neighbour = self._neighbour(by)
        if neighbour is not None:
            self.show_stage(neighbour)

    def _neighbour(self, by: int) -> StageName | None:
        order = list(self.pages)
        place = order.index(self._current) + by
        return order[place] if 0 <= place < len(order) else None

    def _reachable(self) -> frozenset[StageName]:
        return self.context.draft.reachable()

    def refresh(self) -> None:
        """Show what can be done now."""
        reachable = self._reachable()
        order = list(self.pages)
        here = order.index(self._current)
        before = frozenset(order[:here])
        passed = frozenset(s for s in self._visited if self.pages[s].complete() and s in reachable)
        self.rail.show_stages(self._current, before | passed, reachable)
        previous, following = self._neighbour(-1), self._neighbour(1)
        self.back.setEnabled(previous is not None and previous in reachable)
        self.next.setText(self.page.next_text())
        self._enable_next(self.page.complete())
        self.next.setVisible(following is not None)
        self.sentence.setText(self.page.next_sentence())

    def _enable_next(self, enabled: bool) -> None:
        """Switched off under the keyboard, the button gets it back when it is on again."""
        held = self.next.hasFocus()
        self.next.setEnabled(enabled)
        if held and not enabled:
            self._stack.setFocus(Qt.FocusReason.OtherFocusReason)
        elif enabled and self._stack.hasFocus():
            self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    # A training that goes on -----------------------------------------------------------------

    def _look_for_a_running_one(self) -> None:
        """A training that went on while the window was closed is shown again."""
        last = self.context.choices.last_run
        if not last or "train" not in self.pages:
            return
        folder = Path(last)
        self.context.runner.submit(
            "io",
            "last-run",
            lambda _: is_alive(folder),
            done=lambda alive: self._attach(folder) if alive else None,
        )

    def _attach(self, folder: Path) -> None:
        if not self.context.draft.data.root and self.context.training.folder is None:
            self.context.training.attach(folder)
            self.show_stage("train")

    def _not_started(self, sentence: str, hint: str) -> None:
        self.banner.say(Message("error", sentence, hint))

    # Guided or expert -----------------------------------------------------------------------

    def _mode_chosen(self, index: int) -> None:
        self.context.remember(expert=index == 1)
        self.set_expert(index == 1)

    def set_expert(self, expert: bool) -> None:
        """Show every number, or only what decides."""
        self.mode.set_index(int(expert))
        for page in self.pages.made:
            page.set_expert(expert)

    # Window --------------------------------------------------------------------------------

    def _place(self) -> None:
        screen = QGuiApplication.primaryScreen()
        room = screen.availableSize() if screen is not None else self.size()
        self.resize(tokens.WIZARD_W, tokens.WIZARD_H)
        self.resize(self.size().boundedTo(room))
        if self.context.choices.geometry:
            self.restoreGeometry(
                QByteArray.fromBase64(self.context.choices.geometry.encode("ascii"))
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus."""
        if not press_focused(self, event):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what the pages run and keep the window's place; ask first while it trains."""
        if self.context.training.running and not self._may_close:
            event.ignore()
            self._ask()
            return
        geometry = bytes(self.saveGeometry().toBase64().data()).decode("ascii")
        self.context.remember(geometry=geometry)
        self.banner.stop()
        for page in self.pages.made:
            page.stop()
        self.context.shutdown()
        super().closeEvent(event)
        self.closed.emit()

    def _ask(self) -> None:
        if self.question is None:
            self.question = CloseQuestion(self)
            self.question.answered.connect(self._answered)
            self.question.open()

    def _answered(self, answer: str) -> None:
        self.question = None
        if answer == "stay":
            self.kept_open.emit()
            return
        if answer == "stop":
            self.context.training.stop_now()
        self._may_close = True
        self.close()
