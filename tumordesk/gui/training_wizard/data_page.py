"""Data: which folder, and what is recognised in it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.jobs import Failure
from tumordesk.gui.panels.parts import tight
from tumordesk.gui.training_wizard.beside import reveal
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.data_field import ChosenFolder, DropField
from tumordesk.gui.training_wizard.data_options import DataOptions
from tumordesk.gui.training_wizard.earlier import EarlierRuns, RecentFolders
from tumordesk.gui.training_wizard.goal_card import GoalCard
from tumordesk.gui.training_wizard.labels_card import LabelsCard
from tumordesk.gui.training_wizard.pages import Page, scrolling
from tumordesk.gui.training_wizard.sequence_card import SequenceCard
from tumordesk.session.folder_peek import Peek, peek

RECENT_KEPT = 6


class DataPage(Page):
    """Drop or choose the folder with the pictures; see at once what was recognised."""

    stage = "data"
    title = "Choose your data"
    hint = (
        "A folder of pictures that somebody has labelled: one folder for each class, or pictures "
        "with masks. Nothing in it is changed, and nothing leaves this computer."
    )

    def __init__(self, context: WizardContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setAcceptDrops(True)
        self._missing = False
        self.field = DropField()
        self.chosen = ChosenFolder(context)
        self.goal = GoalCard(context)
        self.sequences = SequenceCard(context)
        self.labels = LabelsCard(context)
        self.options = DataOptions(context)
        self.recent = RecentFolders()
        self.earlier = EarlierRuns(context)
        self.field.choose.connect(self._choose)
        self.chosen.choose.connect(self._choose)
        self.recent.chosen.connect(lambda name: self.use_folder(Path(name)))
        self.goal.chosen.connect(self._goal_chosen)
        self.labels.chosen.connect(self._labels_chosen)
        self.sequences.chosen.connect(self._read_otherwise)
        self.options.changed.connect(self._read_otherwise)
        context.check.changed.connect(self._checked)
        context.field_wanted.connect(self._bring)
        self._build()
        self._show()

    def _build(self) -> None:
        left = tight(QVBoxLayout(), tokens.SPACE_16)
        left.addWidget(self.field)
        left.addWidget(self.chosen)
        left.addWidget(self.goal)
        left.addWidget(self.sequences)
        left.addWidget(self.labels)
        left.addWidget(self.options)
        left.addStretch(1)
        right = tight(QVBoxLayout(), tokens.SPACE_16)
        right.addWidget(self.recent)
        right.addWidget(self.earlier)
        right.addStretch(1)
        inner = QWidget()
        row = tight(QHBoxLayout(inner), tokens.SPACE_16)
        row.addLayout(left, 5)
        row.addLayout(right, 3)
        self.body.addWidget(scrolling(inner))

    # Choosing ------------------------------------------------------------------------------

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Choose the data folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.use_folder(Path(name)))
        dialog.open()

    def use_folder(self, folder: Path) -> None:
        """Take a folder: look into it at once, and have it checked meanwhile."""
        draft = self.context.draft
        draft.use_folder(folder.absolute())
        self._missing = False
        self.options.load()
        self.sequences.forget()
        self.labels.forget()
        self.chosen.show_folder(folder)
        self.context.runner.submit(
            "io",
            "peek",
            lambda job: peek(folder, job),
            done=lambda seen: self._peeked(folder, seen),
            failed=self._not_readable,
        )
        self.context.check.ensure()
        self._show()
        self.changed.emit()

    def _peeked(self, folder: Path, seen: Peek) -> None:
        recent = self.context.choices.recent
        kept = (str(folder), *(name for name in recent if name != str(folder)))[:RECENT_KEPT]
        self.context.remember(recent=kept)
        self.recent.show_folders(kept)
        self.chosen.show_peek(seen)
        self._keep_in_sight()

    def _not_readable(self, failure: Failure) -> None:
        self._missing = True
        self.changed.emit()
        self.chosen.show_problem(f"{failure.message} {failure.hint}".strip())

    def _read_otherwise(self) -> None:
        """A person changed how the folder is read."""
        self.options.load()
        self.sequences.show_sequences()
        self.context.check.ensure()
        self.changed.emit()

    def _goal_chosen(self) -> None:
        self.labels.show_labels()
        self.changed.emit()

    def _labels_chosen(self) -> None:
        """Which numbers count as background changes what the check has counted."""
        self.context.check.ensure()
        self.changed.emit()

    def _checked(self) -> None:
        self.chosen.show_check()
        self.goal.show_goals()
        self.sequences.show_sequences()
        self.labels.show_labels()
        self._keep_in_sight()
        self.changed.emit()

    def _bring(self, code: str) -> None:
        """The field that settles a finding: in sight, and ready for the keyboard."""
        sequences = self.options.sequences if self.sequences.isHidden() else self.sequences.choice
        fields = {"shared_outlines": sequences, "label_numbers": self.labels.chosen_button}
        field = fields.get(code, self.options.pattern)
        field.setFocus()
        reveal(field)

    def _keep_in_sight(self) -> None:
        """What lies above the options may have grown: follow the field that a person is in."""
        field = self.focusWidget()
        if field is not None and self.options.isAncestorOf(field):
            problem = self.options.problem
            reveal(field if problem.isHidden() else problem)

    def _show(self) -> None:
        has = bool(self.context.draft.data.root)
        self.field.setVisible(not has)
        self.chosen.setVisible(has)
        self.recent.show_folders(self.context.choices.recent)
        self.goal.show_goals()
        self.sequences.show_sequences()
        self.labels.show_labels()
        self._show_options()

    def _show_options(self) -> None:
        self.options.setVisible(self.context.expert and bool(self.context.draft.data.root))

    # Page ----------------------------------------------------------------------------------

    def enter(self) -> None:
        """Show the draft's folder, how it is read, and which trainings there are."""
        self.options.load()
        self._show()
        self.chosen.show_check()
        self.goal.show_goals()
        self.earlier.load()

    def complete(self) -> bool:
        """Once a folder is chosen that can be read."""
        unnamed = bool(self.labels.problem.text()) and not self.labels.isHidden()
        return bool(self.context.draft.data.root) and not self._missing and not unnamed

    def next_sentence(self) -> str:
        """What Next does."""
        if not self.complete():
            return self.labels.problem.text() or "Choose a folder to go on."
        if self.context.check.running:
            return "Every picture is being looked at; Next shows what is found."
        if self.context.draft.report is None:
            return self.context.check.problem or "Next looks at every picture."
        return "Next shows what was found in your pictures."

    def set_expert(self, expert: bool) -> None:
        """Show how the folder is read."""
        self._show_options()

    # Dropping ------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A folder, or a file in it, may be dropped anywhere on the page."""
        if _dropped(event) is not None:
            event.acceptProposedAction()
            self.field.set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It was carried away again."""
        self.field.set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the folder."""
        self.field.set_over(False)
        folder = _dropped(event)
        if folder is not None:
            event.acceptProposedAction()
            self.use_folder(folder)


def _dropped(event: QDropEvent) -> Path | None:
    """The folder that is dropped, or that holds the dropped file."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    if not paths:
        return None
    return paths[0].parent if paths[0].is_file() else paths[0]
