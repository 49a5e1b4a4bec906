"""Opens dialogs and takes their answers. None of them blocks: the window goes on behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMessageBox

from tumordesk.core.study import Skipped
from tumordesk.gui.banner import Message
from tumordesk.gui.crash import CrashReport

if TYPE_CHECKING:
    from tumordesk.gui.controllers.running import Doubts
    from tumordesk.gui.main_window import MainWindow

_SCANS = (
    "Scans (*.dcm *.ima *.nii *.nii.gz *.nrrd *.mha *.mhd *.png *.jpg *.jpeg *.jfif *.tif *.tiff "
    "*.bmp *.zip DICOMDIR)"
)
_MODELS = "TumorDesk models (*.tdmodel)"
_FILTERS = f"All files (*);;{_SCANS}"


class Dialogs(QObject):
    """All dialogs of the main window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def _open(self, dialog: QDialog, accepted: Callable[[], None] | None = None) -> None:
        """Show without blocking; the dialog deletes itself when it is closed."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if accepted is not None:
            dialog.accepted.connect(accepted)
        dialog.open()

    # Files ---------------------------------------------------------------------------------

    def open_files(self) -> None:
        """Choose files to open."""
        dialog = QFileDialog(self._window, "Open scans", "", _FILTERS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(
            lambda names: self._window.open_paths([Path(name) for name in names])
        )
        self._open(dialog)

    def open_folder(self) -> None:
        """Choose a folder to open with everything in it."""
        self._choose_folder(
            "Open a folder of scans", lambda folder: self._window.open_paths([folder])
        )

    def add_model(self) -> None:
        """Choose a model folder to add."""
        self._choose_folder("Choose a model folder (with model.json)", self.add_model_from)

    def add_model_file(self) -> None:
        """Choose a model in one file to add."""
        dialog = QFileDialog(self._window, "Choose a model file", "", _MODELS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.add_model_from(Path(name)))
        self._open(dialog)

    def _choose_folder(self, title: str, then: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self._window, title)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda name: then(Path(name)))
        self._open(dialog)

    def add_model_from(self, source: Path) -> None:
        """Add a model folder, or a model in one file, off the window's thread."""
        window = self._window

        def job(_: object) -> str:
            from tumordesk.core.policy import policy
            from tumordesk.zoo import Zoo

            policy().require("add-models")
            return Zoo().add(source).card.name

        def done(name: str) -> None:
            window.say(Message("success", f"{name} was added", "It is in the model list now."))
            window.running.load_models()

        window.runner.submit(
            "io",
            "add-model",
            job,
            done=done,
            failed=lambda failure: window.say(Message("error", failure.message, failure.hint)),
        )

    # Answers -------------------------------------------------------------------------------

    def doubts(self, doubts: Doubts) -> None:
        """Show why a run may not mean much; run only where the person says so."""
        from tumordesk.gui.dialogs.preflight import PreflightDialog

        choice = doubts.choice
        entry = choice.segmentation or choice.classification
        name = entry.card.name if entry is not None else "The model"
        dialog = PreflightDialog(doubts.messages, name, self._window, may_run=doubts.may_run)
        self._open(dialog, lambda: self._window.running.start(doubts.series, choice))

    def skipped(self, skipped: Sequence[Skipped]) -> None:
        """List the files that were not used, with reasons."""
        from tumordesk.gui.dialogs.skipped import SkippedDialog

        self._open(SkippedDialog(skipped, self._window))

    def crash(self, report: CrashReport) -> None:
        """A defect of the program: say so, and let the person keep the report."""
        from tumordesk.gui.dialogs.crash import CrashDialog

        self._open(CrashDialog(report, self._window))

    def card(self, model_id: str) -> None:
        """Show what a model is."""
        from tumordesk.gui.dialogs.card import CardDialog

        entry = next((e for e in self._window.running.entries if e.card.id == model_id), None)
        if entry is not None:
            self._open(CardDialog(entry, self._window))

    def settings(self) -> None:
        """Change settings."""
        from tumordesk.gui.dialogs.settings import SettingsDialog

        window = self._window
        dialog = SettingsDialog(window.settings, window.parts.status.device_text, window)
        self._open(dialog, lambda: window.use_settings(dialog.settings()))

    def manual(self) -> None:
        """The manual, in a window of its own that stays open beside the pictures."""
        from tumordesk.gui.dialogs.shortcuts import key_groups
        from tumordesk.gui.help_window import HelpWindow

        window = self._window
        shown = window.findChild(HelpWindow)
        if shown is None:
            shown = HelpWindow(window, keys=key_groups(window.actions_by_name.all()))
        shown.show()
        shown.raise_()
        shown.activateWindow()

    def shortcuts(self) -> None:
        """All keys, made from the actions themselves."""
        from tumordesk.gui.dialogs.shortcuts import ShortcutsDialog

        self._open(ShortcutsDialog(self._window.actions_by_name.all(), self._window))

    def about(self) -> None:
        """What this program is, and is not."""
        from tumordesk.gui.dialogs.about import AboutDialog

        self._open(AboutDialog(self._window))

    def part(self, layer_key: str, *, add: bool) -> None:
        """Ask for the name of a further part of an own outline, or of the one that is painted."""
        window = self._window
        series = window.session.active
        layer = window.session.results(series.key).layer(layer_key) if series is not None else None
        if series is None or layer is None or not layer.editable:
            return
        key = series.key
        painted = next(one for one in layer.segments if one.number == layer.painted_segment)
        dialog = QInputDialog(window)
        dialog.setWindowTitle("Add a part" if add else "Name the part")
        dialog.setLabelText("Name of the new part" if add else f"New name of {painted.label}")
        dialog.setTextValue("" if add else painted.label)

        def named() -> None:
            name = " ".join(dialog.textValue().split())
            try:
                if add:
                    window.session.add_part(key, layer_key, name)
                else:
                    window.session.name_part(key, layer_key, name)
            except ValueError as error:
                said = str(error)
                window.say(Message("warning", "Part", f"{said[:1].upper()}{said[1:]}."))
            else:
                if add:
                    window.session.select_layer(key, layer_key)
                    window.actions_by_name["brush_tool"].trigger()

        self._open(dialog, named)

    def remove_layer(self, layer_key: str) -> None:
        """Ask before an outline of the person's own is removed."""
        window = self._window
        series = window.session.active
        if series is None:
            return
        key = series.key
        box = QMessageBox(window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle("Remove outline")
        box.setText("Remove this outline?")
        box.setInformativeText("What you drew in it is lost. Outlines of models stay.")
        remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)

        def clicked(button: object) -> None:
            if button is remove:
                window.session.remove_layer(key, layer_key)

        box.buttonClicked.connect(clicked)
        self._open(box)
