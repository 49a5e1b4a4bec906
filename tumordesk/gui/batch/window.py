"""The Batch window: on the left what to run, on the right the queue and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.job import Progress
from tumordesk.core.model_card import NOTICE
from tumordesk.gui import tokens
from tumordesk.gui.banner import Banner, Message
from tumordesk.gui.batch.form import BatchForm
from tumordesk.gui.batch.queue_table import QueueModel, QueueTable
from tumordesk.gui.batch.work import BatchWork, Phase
from tumordesk.gui.enter import press_focused
from tumordesk.gui.jobs import Failure
from tumordesk.gui.panels.parts import IconLabel, label, selectable, tight
from tumordesk.session.batch.table import FAILURES, RESULTS
from tumordesk.session.batch.types import BatchOptions, PlannedStudy
from tumordesk.session.folder_peek import number

if TYPE_CHECKING:
    from tumordesk.core.settings import Settings
    from tumordesk.zoo import ModelEntry

_ICON = 36
_TURNS = (
    "A run in the viewer waits for the study in progress, then goes first. The batch goes on when "
    "this window is closed; whenever it stops, it can go on where it was."
)


class BatchWindow(QMainWindow):
    """``open_wanted``: paths to show in the viewer. ``started``: the folder of the results."""

    open_wanted = Signal(object)
    started = Signal(object)

    def __init__(
        self, work: BatchWork, settings: Callable[[], Settings], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setObjectName("batch")
        self.setWindowTitle("Batch - TumorDesk")
        self.setAcceptDrops(True)
        self.work = work
        self.form = BatchForm()
        self.model = QueueModel(self)
        self.table = QueueTable(self.model)
        self.banner = Banner()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.headline = label("", "strong")
        self.stage = label("", "secondary")
        self.detail = selectable("", "secondary")
        self.sentence = label(_TURNS, "small", wrap=True)
        self.view_button = QPushButton("Open in &viewer")
        self.csv_button = QPushButton(f"Open {RESULTS}")
        self.folder_button = QPushButton("Open &folder")
        self.pause_button = QPushButton("&Pause")
        self.cancel_button = QPushButton("C&ancel")
        self.start_button = QPushButton("&Start")
        self.drop = self._drop_field()
        self._build()
        self._wire()
        self.resize(tokens.WIZARD_W, tokens.WIZARD_H)
        self._refresh()

    # Building ------------------------------------------------------------------------------

    def _build(self) -> None:
        left = QFrame()
        left.setObjectName("wizardRail")
        left.setFixedWidth(tokens.BATCH_FORM_W)
        column = tight(QVBoxLayout(left))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        column.addWidget(scroll, 1)
        notice = label(NOTICE.rstrip("."), "small")
        notice.setContentsMargins(tokens.SPACE_16, tokens.SPACE_8, 0, tokens.SPACE_12)
        column.addWidget(notice)
        right = tight(QVBoxLayout())
        right.addLayout(self._main(), 1)
        right.addWidget(self._footer())
        root = QWidget()
        row = tight(QHBoxLayout(root))
        row.addWidget(left)
        row.addLayout(right, 1)
        self.setCentralWidget(root)
        self.setMinimumSize(tokens.BATCH_MIN_W, tokens.WINDOW_MIN_H)

    def _main(self) -> QVBoxLayout:
        column = QVBoxLayout()
        margin = tokens.SPACE_16
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(tokens.SPACE_8)
        column.addWidget(self.banner)
        head = tight(QHBoxLayout(), tokens.SPACE_12)
        head.addWidget(self.headline)
        head.addWidget(self.stage, 1)
        column.addLayout(head)
        column.addWidget(self.bar)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.drop)
        self.centre.addWidget(self.table)
        column.addWidget(self.centre, 1)
        column.addWidget(self.detail)
        row = tight(QHBoxLayout(), tokens.SPACE_8)
        for button in (self.view_button, self.csv_button, self.folder_button):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        return column

    def _footer(self) -> QFrame:
        footer = QFrame()
        footer.setObjectName("wizardFooter")
        foot = QHBoxLayout(footer)
        foot.setContentsMargins(tokens.SPACE_16, tokens.SPACE_12, tokens.SPACE_16, tokens.SPACE_12)
        foot.setSpacing(tokens.SPACE_8)
        foot.addWidget(self.sentence, 1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.pause_button)
        foot.addWidget(self.start_button)
        self.start_button.setProperty("role", "primary")
        self.start_button.setDefault(True)
        return footer

    def _drop_field(self) -> QFrame:
        field = QFrame()
        field.setObjectName("dropField")
        field.setAccessibleName("Drop a folder with studies here")
        column = QVBoxLayout(field)
        column.setSpacing(tokens.SPACE_8)
        column.addStretch(1)
        column.addWidget(IconLabel("drop", size=_ICON), 0, Qt.AlignmentFlag.AlignHCenter)
        for text, role in (
            ("Drop a folder with studies here", "strong"),
            ("DICOM studies in any arrangement, zips, NIfTI files, pictures", "secondary"),
        ):
            line = label(text, role)
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(line)
        column.addStretch(1)
        return field

    def _wire(self) -> None:
        work, form = self.work, self.form
        work.phase_changed.connect(self._refresh)
        work.planned.connect(self._planned)
        work.study_started.connect(self._study_started)
        work.study_done.connect(self._study_done)
        work.progressed.connect(self._progressed)
        work.failed.connect(self._failed)
        form.changed.connect(self._refresh)
        form.choose_paths.connect(self._choose_paths)
        form.choose_out.connect(self._choose_out)
        self.start_button.clicked.connect(self.start)
        self.pause_button.clicked.connect(self._pause)
        self.cancel_button.clicked.connect(work.cancel)
        self.view_button.clicked.connect(self._open_selected)
        self.csv_button.clicked.connect(lambda: self._open_file(RESULTS))
        self.folder_button.clicked.connect(lambda: self._open_file(""))
        self.table.doubleClicked.connect(self._open_selected)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._refresh())
        QShortcut(QKeySequence("Ctrl+W"), self, self.close)

    # Choosing ------------------------------------------------------------------------------

    def set_entries(self, entries: Sequence[ModelEntry]) -> None:
        """Offer these models."""
        self.form.set_entries(entries)

    def take_paths(self, paths: Sequence[Path]) -> None:
        """Folders or archives that a person dropped or chose."""
        if paths and not self.work.busy:
            self.form.set_paths(paths)
            self.banner.dismiss()

    def take_batch(self, paths: Sequence[Path], options: BatchOptions) -> None:
        """A batch that is to be continued."""
        if not self.work.busy:
            self.form.set_paths(paths)
            self.form.set_options(options)

    def _choose_paths(self) -> None:
        self._choose_folder("Choose a folder with studies", lambda path: self.take_paths([path]))

    def _choose_out(self) -> None:
        self._choose_folder("Choose a folder for the results", self.form.set_out)

    def _choose_folder(self, title: str, then: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self, title)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda name: then(Path(name)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # Running -------------------------------------------------------------------------------

    def start(self) -> None:
        """Start, or go on with what is in the folder of the results; or after a pause."""
        if self.work.phase is Phase.PAUSED:
            self.work.go_on()
            return
        settings = self._settings()
        options = self.form.options(settings.device, flips=settings.test_time_flips)
        if options is not None:
            self.banner.dismiss()
            self.work.start(self.form.paths, options)
            self.started.emit(options.out)

    def _pause(self) -> None:
        if self.work.phase is Phase.PAUSING:
            self.work.go_on()
        else:
            self.work.pause()

    def _planned(self) -> None:
        batch = self.work.batch
        if batch is not None:
            self.model.show_studies(batch.plan.studies, batch.records)
            self.centre.setCurrentWidget(self.table)
        self._refresh()

    def _study_started(self, code: str) -> None:
        row = self.model.set_current(code)
        if row >= 0 and not self.table.hasFocus():
            self.table.scrollTo(self.model.index(row, 0))

    def _study_done(self, code: str) -> None:
        self.model.refresh(code)
        self._refresh()

    def _progressed(self, progress: Progress) -> None:
        self.stage.setText(progress.message)
        batch = self.work.batch
        if batch is not None:
            share = len(batch.records) + (progress.fraction or 0.0)
            self.bar.setValue(round(1000 * share / max(1, len(batch.plan.studies))))

    def _failed(self, failure: Failure) -> None:
        self.banner.say(Message("error", failure.message, failure.hint, stays=True))

    # What is shown -------------------------------------------------------------------------

    def _refresh(self) -> None:
        phase, batch = self.work.phase, self.work.batch
        if phase is Phase.DONE and batch is not None and batch.table_trouble:
            self.banner.say(Message("warning", "The table is not whole", batch.table_trouble))
        idle = not self.work.busy and phase is not Phase.PAUSED
        self.form.setEnabled(idle)
        self.bar.setVisible(batch is not None or phase is Phase.OPENING)
        self.bar.setRange(0, 0 if phase is Phase.OPENING else 1000)
        if batch is not None and phase is not Phase.OPENING:
            self.bar.setValue(round(1000 * len(batch.records) / max(1, len(batch.plan.studies))))
        if not self.work.busy:
            self.stage.setText("")
            self.model.set_current("")
        self.headline.setText(self._headline())
        self.detail.setText(self._detail())
        self.detail.setVisible(bool(self.detail.text()))
        self._refresh_buttons(idle)

    def _refresh_buttons(self, idle: bool) -> None:
        phase, batch = self.work.phase, self.work.batch
        started = batch is not None
        self.start_button.setText("&Go on" if self._can_go_on() else "&Start")
        self.start_button.setEnabled(phase is Phase.PAUSED or (idle and not self.form.missing))
        self.start_button.setToolTip(
            self.form.missing or "Runs what is new, has changed or has failed before"
        )
        self.pause_button.setEnabled(phase in (Phase.RUNNING, Phase.PAUSING))
        self.pause_button.setText("Do not &pause" if phase is Phase.PAUSING else "&Pause")
        self.pause_button.setToolTip("Stops after the study in progress")
        self.cancel_button.setEnabled(
            phase in (Phase.OPENING, Phase.RUNNING, Phase.PAUSING, Phase.PAUSED)
        )
        self.cancel_button.setText("Cancelling…" if phase is Phase.STOPPING else "C&ancel")
        self.cancel_button.setToolTip("Stops at once; finished studies are kept")
        self.view_button.setEnabled(self._selected() is not None)
        self.csv_button.setEnabled(started)
        self.folder_button.setEnabled(started)

    def _can_go_on(self) -> bool:
        batch = self.work.batch
        if self.work.phase is Phase.PAUSED:
            return True
        if self.work.busy:
            return False
        same = batch is not None and self.form.out == batch.options.out
        return same and bool(batch and batch.waiting)

    def _headline(self) -> str:
        phase, batch = self.work.phase, self.work.batch
        if phase is Phase.OPENING:
            return "Looking for studies"
        if batch is None:
            return self.form.missing or "Ready to start"
        total, done, failed = len(batch.plan.studies), len(batch.records), len(batch.failed)
        words = f"{done} of {total} studies"
        if failed:
            words += f", {failed} failed"
        left_s = self.work.seconds_left if phase is Phase.RUNNING else None
        if left_s is not None:
            words += f", {_left(left_s)} left"
        endings = {Phase.PAUSING: ", then a pause", Phase.PAUSED: ", paused",
                   Phase.STOPPED: ", stopped", Phase.DONE: ", finished"}  # fmt: skip
        return words + endings.get(phase, "")

    def _detail(self) -> str:
        """What is to be known of the selected study; else how many files were not used."""
        study, batch = self._selected(), self.work.batch
        if batch is None:
            return ""
        record = batch.records.get(study.code) if study is not None else None
        if record is not None:
            return record.reason or " ".join(record.row.warnings)
        unused = len(batch.plan.skipped)
        if not unused:
            return ""
        files = "1 file was" if unused == 1 else f"{number(unused)} files were"
        return f"{files} not used; the reasons are in {FAILURES}."

    # Results -------------------------------------------------------------------------------

    def _selected(self) -> PlannedStudy | None:
        rows = self.table.selectionModel().selectedRows()
        return self.model.study(rows[0].row()) if rows else None

    def _open_selected(self) -> None:
        study, batch = self._selected(), self.work.batch
        if study is None or batch is None:
            return
        outlines = [batch.folder(study) / name for name in ("mask.nii.gz", "seg.dcm")]
        place = _place(study, batch.plan.roots)
        self.open_wanted.emit([place, *[path for path in outlines if path.is_file()][:1]])

    def _open_file(self, name: str) -> None:
        batch = self.work.batch
        if batch is not None:
            path = batch.options.out / name if name else batch.options.out
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    # Events --------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders and archives may be dropped while nothing runs."""
        if not self.work.busy and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The files were carried away again."""
        self._set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        self._set_over(False)
        urls = event.mimeData().urls()
        self.take_paths([Path(url.toLocalFile()) for url in urls if url.isLocalFile()])
        event.acceptProposedAction()

    def _set_over(self, over: bool) -> None:
        self.drop.setProperty("over", "true" if over else "false")
        self.drop.style().unpolish(self.drop)
        self.drop.style().polish(self.drop)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus."""
        if not press_focused(self, event):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window goes; a batch that runs goes on."""
        self.banner.stop()
        super().closeEvent(event)


def _left(seconds: float) -> str:
    """'about 4 min': an estimate, told as one."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"about {minutes} min" if minutes < 120 else f"about {round(minutes / 60)} h"


def _place(study: PlannedStudy, roots: Sequence[Path]) -> Path:
    """What to open to see a study: its folder, its file, or the archive that holds it."""
    first = Path(study.sources[0])
    for root in roots:
        base = root if root.is_dir() else root.parent
        for place in (base / study.input, base.parent / study.input):
            if first.is_relative_to(place):
                return place
    return first
