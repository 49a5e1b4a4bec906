"""The main window: makes the parts and wires session, controllers and parts together."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow

from tumordesk.core.errors import WriteError
from tumordesk.core.paths import sample_study_dir
from tumordesk.core.settings import Settings, SettingsStore
from tumordesk.gui import tokens
from tumordesk.gui.actions import TOOL_ACTIONS, Actions
from tumordesk.gui.banner import Message
from tumordesk.gui.controllers.auditing import AuditController
from tumordesk.gui.controllers.batch import BatchController
from tumordesk.gui.controllers.classifying import ClassifierController
from tumordesk.gui.controllers.comparing import ComparingController
from tumordesk.gui.controllers.dialogs import Dialogs
from tumordesk.gui.controllers.explaining import ExplainController
from tumordesk.gui.controllers.exporting import ExportController
from tumordesk.gui.controllers.importing import ImportController
from tumordesk.gui.controllers.mapping import MapController
from tumordesk.gui.controllers.opening import OpeningController
from tumordesk.gui.controllers.running import RunController
from tumordesk.gui.controllers.training import TrainingController
from tumordesk.gui.controllers.training_set import TrainingSetController
from tumordesk.gui.controllers.viewing import ViewingController
from tumordesk.gui.enter import press_focused
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.theme import apply_theme
from tumordesk.gui.window_commands import wire_commands
from tumordesk.gui.window_parts import build_parts
from tumordesk.session.comparison import ChangeKeeper
from tumordesk.session.image_source import ImageSource
from tumordesk.session.session import Session
from tumordesk.session.use_cases import RunOutcome

RECENT_KEPT = 8


class MainWindow(QMainWindow):
    """One window, one session. ``warm_up`` False leaves torch alone until the first run."""

    shown_first = Signal()

    def __init__(self, store: SettingsStore | None = None, *, warm_up: bool = True) -> None:
        super().__init__()
        self._store = store or SettingsStore()
        self.settings = self._store.load()
        self._warm_up = warm_up
        self._shown = False
        self._closing = False
        self.session = Session()
        self.changes = ChangeKeeper(self.session)
        self.runner = JobRunner(self)
        self.actions_by_name = Actions(self)
        self.parts = build_parts(self.actions_by_name)
        self.opening = OpeningController(self.session, self.runner, self)
        self.running = RunController(self.session, self.runner, self)
        self.exporting = ExportController(self)
        self.viewing = ViewingController(self.session, self.parts.viewer, self)
        self.dialogs = Dialogs(self)
        self.training = TrainingController(self)
        self.training_set = TrainingSetController(self)
        self.auditing = AuditController(self)
        self.batch = BatchController(self)
        self.explaining = ExplainController(self)
        self.setWindowTitle("TumorDesk")
        self.setCentralWidget(self.parts.root)
        self.setAcceptDrops(True)
        self.setMinimumSize(tokens.WINDOW_MIN_W, tokens.WINDOW_MIN_H)
        self.resize(_fitting(tokens.WINDOW_W, tokens.WINDOW_H))
        self._wire_session()
        self._wire_controllers()
        self._wire_panels()
        wire_commands(self)
        self.importing = ImportController(self)
        self._apply_settings()
        self._restore_place()
        self._show_centre()

    # Wiring --------------------------------------------------------------------------------

    def _wire_session(self) -> None:
        session = self.session
        session.studies_changed.connect(self._studies_changed)
        session.active_changed.connect(self._active_changed)
        session.layers_changed.connect(self._layers_changed)
        session.results_changed.connect(self._results_changed)
        session.run_changed.connect(self._run_changed)
        session.undo_changed.connect(self._undo_changed)

    def _wire_controllers(self) -> None:
        opening, running, parts = self.opening, self.running, self.parts
        opening.source_ready.connect(self._source_ready)
        opening.slice_loaded.connect(parts.viewer.notify_loaded)
        opening.source_complete.connect(parts.viewer.notify_complete)
        opening.thumbnail_ready.connect(parts.browser.set_thumbnail)
        opening.reading_changed.connect(parts.status.set_reading)
        opening.scanning_changed.connect(self._update_run_button)
        opening.opened.connect(self._remember)
        opening.show_skipped.connect(self.dialogs.skipped)
        running.models_changed.connect(self._models_changed)
        running.choice_changed.connect(self._choice_changed)
        running.doubts_raised.connect(self.dialogs.doubts)
        running.crashed.connect(self.dialogs.crash)
        running.finished.connect(self._run_finished)
        running.device_known.connect(parts.status.set_device)
        for source in (
            opening,
            running,
            self.exporting,
            self.viewing,
            self.training_set,
            self.explaining,
        ):
            source.said.connect(parts.banner.say)
        parts.viewer.refused.connect(lambda text: self.say(Message("info", text)))
        self.viewing.stroke_made.connect(self._stroke_made)

    def _wire_panels(self) -> None:
        parts = self.parts
        parts.browser.series_chosen.connect(self._series_chosen)
        parts.browser.close_requested.connect(self.session.close_study)
        parts.start.open_files.connect(self.dialogs.open_files)
        parts.start.open_folder.connect(self.dialogs.open_folder)
        parts.start.open_sample.connect(self.open_sample)
        parts.start.open_recent.connect(lambda path: self.open_paths([Path(path)]))
        parts.start.train.connect(self.training.show)
        parts.start.batch.connect(self.batch.show)
        parts.toolbar.run_pressed.connect(self.running.run)
        parts.status.cancel_requested.connect(self.running.cancel)
        parts.picker.model_chosen.connect(self._model_chosen)
        parts.picker.card_requested.connect(self.dialogs.card)
        parts.picker.add_requested.connect(self.dialogs.add_model)
        parts.picker.add_file_requested.connect(self.dialogs.add_model_file)
        parts.segments.look_changed.connect(self._look_changed)
        parts.segments.layer_selected.connect(self._layer_selected)
        parts.segments.copy_requested.connect(self._copy_requested)
        parts.segments.remove_requested.connect(self.dialogs.remove_layer)
        parts.segments.part_requested.connect(lambda key, add: self.dialogs.part(key, add=add))
        parts.segments.training_requested.connect(self.training_set.ask)
        parts.findings.jump_requested.connect(self._jump)
        parts.findings.lesion_selected.connect(self.viewing.jump_to_lesion)
        parts.findings.save_requested.connect(self.exporting.ask)
        self.comparing = ComparingController(self)
        self.maps = MapController(self)
        self.maps.said.connect(parts.banner.say)
        self.classifying = ClassifierController(self)

    # What a person or the command line asks for ---------------------------------------------

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open anything: files, folders, archives."""
        self.opening.open(paths)

    def open_sample(self) -> None:
        """Open the sample study that comes with the program."""
        folder = sample_study_dir()
        if folder.is_dir():
            self.open_paths([folder])
        else:
            hint = "Install TumorDesk again, or open a scan of your own."
            self.say(Message("error", "The sample study is missing", hint))

    def say(self, message: Message) -> None:
        """Show a message above the picture."""
        self.parts.banner.say(message)

    # Session -> parts ----------------------------------------------------------------------

    def _studies_changed(self) -> None:
        self.parts.browser.show_scan(self.session.scan, hide_names=self.settings.hide_names)
        self._show_centre()

    def _active_changed(self) -> None:
        series = self.session.active
        self.parts.browser.set_active(series.key if series is not None else "")
        self.parts.strip.show_geometry(series.geometry if series is not None else None)
        self.viewing.show_source(None)
        self.opening.load_active()
        self._show_centre()
        self._show_results()
        self._choice_changed()

    def _show_centre(self) -> None:
        parts = self.parts
        something = bool(self.session.scan.patients)
        parts.centre.setCurrentWidget(parts.viewer if something else parts.start)
        parts.left.setVisible(something)
        parts.right.setVisible(something)

    def _source_ready(self, source: ImageSource) -> None:
        active = self.session.active
        if active is None or source.series.key != active.key:
            return
        self.viewing.show_source(source)
        # The series may have grown since it was chosen: what is said of it is said anew.
        self.parts.strip.show_geometry(source.geometry)
        self._show_results()
        self.parts.viewer.setFocus()

    def _layers_changed(self, key: str) -> None:
        active = self.session.active
        if active is not None and active.key == key:
            self.viewing.show_layers()
            self.parts.segments.show_results(self.session.results(key))

    def _results_changed(self, key: str) -> None:
        active = self.session.active
        if active is not None and active.key == key:
            self._show_results()

    def _show_results(self) -> None:
        series = self.session.active
        results = self.session.results(series.key) if series is not None else None
        running = series is not None and self.session.run.series_key == series.key
        self.parts.segments.show_results(results)
        self.parts.findings.show_results(series, results, running and self.session.run.busy)
        self.viewing.show_lines()
        self.viewing.aim_brush()

    def _run_changed(self) -> None:
        state = self.session.run
        self.parts.status.set_run(state)
        self._update_run_button()
        if self._was_busy != state.busy:
            self._was_busy = state.busy
            self._show_results()

    _was_busy = False
    _narrow = False

    def _undo_changed(self) -> None:
        actions, session = self.actions_by_name, self.session
        for name, what in (("undo", session.undo_name), ("redo", session.redo_name)):
            action = actions[name]
            action.setEnabled(bool(what))
            action.setText(f"{name.capitalize()} {what}".strip())

    # Controllers -> parts -------------------------------------------------------------------

    def _models_changed(self) -> None:
        self.parts.picker.set_entries(self.running.entries, self.running.problems)

    def _choice_changed(self) -> None:
        choice = self.running.choice()
        chosen = [e for e in (choice.segmentation, choice.classification) if e is not None]
        names = " + ".join(entry.card.id for entry in chosen)
        self.parts.picker.set_choice(self.running.wish, names)
        self.parts.status.set_model(names if self.session.active is not None else "")
        self._update_run_button()

    def _update_run_button(self) -> None:
        busy, scanning = self.session.run.busy, self.opening.scanning
        choice = self.running.choice()
        ready = self.session.active is not None and not (busy or scanning or choice.empty)
        tip = f"Run (Ctrl+R): {choice.reason}" if ready else choice.reason
        if scanning:
            tip = "The folder is still being read: the series may not be whole yet"
        self.parts.toolbar.set_run_enabled(ready, "A run goes on" if busy else tip)
        self.actions_by_name["run"].setEnabled(ready)
        self.actions_by_name["cancel_run"].setEnabled(busy)

    def _run_finished(self, outcome: RunOutcome) -> None:
        active = self.session.active
        result = outcome.segmentation
        if active is None or active.key != outcome.series_key or result is None:
            return
        if result.measurements is not None and result.measurements.lesions:
            self.viewing.jump_to_lesion(result.measurements.lesions[0])
        self.actions_by_name["overlay"].setChecked(True)

    def _stroke_made(self, series_key: str, layer_key: str) -> None:
        layer = self.session.results(series_key).layer(layer_key)
        if layer is not None:
            self.running.measure(series_key, layer)

    # Panels -> session ----------------------------------------------------------------------

    def _series_chosen(self, key: str) -> None:
        self.opening.choose(key)
        self.parts.viewer.setFocus()

    def _model_chosen(self, model_id: str) -> None:
        self.running.set_wish(model_id)
        self.change_settings(segmentation_model=model_id)

    def _look_changed(self, layer_key: str, changes: dict[str, object]) -> None:
        series = self.session.active
        if series is not None:
            self.session.set_layer_look(series.key, layer_key, **changes)  # type: ignore[arg-type]
            if "painted" in changes:  # who chooses a part wants to paint it
                self.session.select_layer(series.key, layer_key)
                self.actions_by_name["brush_tool"].trigger()

    def _layer_selected(self, layer_key: str) -> None:
        series = self.session.active
        if series is not None:
            self.session.select_layer(series.key, layer_key)

    def _copy_requested(self, layer_key: str) -> None:
        if self.viewing.edit_copy(layer_key) is not None:
            self.actions_by_name["brush_tool"].trigger()

    def _jump(self, slice_index: int, row: float, column: float) -> None:
        inside = row >= 0 and column >= 0
        self.parts.viewer.go_to(
            slice_index, round(row) if inside else None, round(column) if inside else None
        )
        self.parts.viewer.setFocus()

    # Settings ------------------------------------------------------------------------------

    def _apply_settings(self) -> None:
        settings, actions = self.settings, self.actions_by_name
        self.running.settings = settings
        self.running.set_wish(settings.segmentation_model)
        self.viewing.hide_names = settings.hide_names
        self.parts.viewer.set_mouse_scheme(settings.mouse_scheme)
        self.parts.viewer.set_layout("three" if settings.layout == "three" else "single")
        self.parts.start.set_recent(settings.recent)
        actions["hide_names"].setChecked(settings.hide_names)
        actions["layout_three"].setChecked(settings.layout == "three")
        actions["layout_single"].setChecked(settings.layout != "three")
        for name in ("overlay", "texts", "left_panel", "right_panel"):
            actions[name].setChecked(True)
        actions[TOOL_ACTIONS["window"]].setChecked(True)
        self._undo_changed()
        self._update_run_button()

    def _restore_place(self) -> None:
        """Size, place and folded panels of the last time."""
        kept = self.settings.window_geometry
        if kept:
            self.restoreGeometry(QByteArray.fromBase64(kept.encode("ascii")))
        for name in self.settings.window_state.split():
            if name in ("left_panel", "right_panel"):
                self.actions_by_name[name].setChecked(False)

    def _keep_place(self) -> None:
        geometry = bytes(self.saveGeometry().toBase64().data()).decode("ascii")
        folded = [
            n for n in ("left_panel", "right_panel") if not self.actions_by_name[n].isChecked()
        ]
        self.settings = replace(
            self.settings, window_geometry=geometry, window_state=" ".join(folded)
        )

    def change_settings(self, **changes: object) -> None:
        """Change settings, use them at once, keep them (off the window's thread)."""
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self.running.settings = self.settings
        self.viewing.hide_names = self.settings.hide_names
        store, settings = self._store, self.settings
        self.runner.submit(
            "io",
            "settings",
            lambda _: store.save(settings),
            failed=lambda failure: self.say(Message("warning", failure.message, failure.hint)),
        )

    def _remember(self, path: str) -> None:
        if path == str(sample_study_dir()):
            return
        recent = (path, *(p for p in self.settings.recent if p != path))[:RECENT_KEPT]
        self.change_settings(recent=recent)
        self.parts.start.set_recent(recent)

    def set_names_hidden(self, hidden: bool) -> None:
        """Hide or show patient names everywhere."""
        self.change_settings(hide_names=hidden)
        self.viewing.retext()
        self._studies_changed()

    def use_settings(self, settings: Settings) -> None:
        """Take what the settings dialog gave."""
        changed_theme = settings.theme != self.settings.theme
        self.change_settings(**vars(settings))
        self.parts.viewer.set_mouse_scheme(settings.mouse_scheme)
        self.actions_by_name["hide_names"].setChecked(settings.hide_names)
        self.set_names_hidden(settings.hide_names)
        self.explaining.check_consent()
        if changed_theme:
            apply_theme(settings.theme)

    # Events --------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """After the first paint, look at the models and warm torch up."""
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            QTimer.singleShot(0, self, self._first_shown)

    def _first_shown(self) -> None:
        self.shown_first.emit()
        if self._closing:
            return
        self.opening.warm_up()
        self.running.load_models()
        if self._warm_up:
            self.running.warm_up()
            self.training.warm_up()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the picture its share: fold the panels where the window is narrow."""
        super().resizeEvent(event)
        sides = tokens.LEFT_PANEL_W + tokens.RIGHT_PANEL_W
        narrow = self.width() - sides < tokens.PICTURE_SHARE * self.width() - 20
        if narrow != self._narrow:
            self._narrow = narrow
            self.actions_by_name["left_panel"].setChecked(not narrow)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Anything that is a local file or folder may be dropped."""
        if _local_paths(event):
            event.acceptProposedAction()
            self.parts.drop.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The files were carried away again."""
        self.parts.drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.parts.drop.hide()
        paths = _local_paths(event)
        if paths:
            event.acceptProposedAction()
            self.open_paths(paths)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus."""
        if not press_focused(self, event):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Cancel all jobs, wait for them, keep the settings; a training is asked about first."""
        if not self.training.close():
            event.ignore()
            return
        self._closing = True
        self._keep_place()
        self.hide()
        self.parts.viewer.stop_cine()
        self.parts.status.stop()
        self.parts.banner.stop()
        self.running.cancel()
        self.runner.shutdown()
        self.batch.close()
        # A full disk must not keep the window open; the person was told when it happened.
        with contextlib.suppress(WriteError):
            self._store.save(self.settings)
        super().closeEvent(event)


def _fitting(width: int, height: int) -> QSize:
    """The wished size, or what the screen has room for."""
    screen = QGuiApplication.primaryScreen()
    room = screen.availableSize() if screen is not None else QSize(width, height)
    return QSize(width, height).boundedTo(room)


def _local_paths(event: QDropEvent) -> list[Path]:
    urls = event.mimeData().urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
