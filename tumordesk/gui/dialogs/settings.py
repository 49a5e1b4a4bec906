"""Settings of the person."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QSlider, QWidget

from tumordesk.core.settings import Settings
from tumordesk.gui import tokens
from tumordesk.gui.dialogs.base import BaseDialog, text_label
from tumordesk.gui.dialogs.consent_list import ConsentList

_THEMES = {"dark": "Dark", "light": "Light"}
_MOUSE = {
    "pacs": "PACS (left: window, wheel: slices)",
    "itk-snap": "ITK-SNAP (left: crosshair)",
    "slicer": "3D Slicer",
}
_DEVICES = {
    "auto": "Automatic",
    "cuda": "NVIDIA GPU (CUDA)",
    "mps": "Apple GPU",
    "cpu": "Processor (CPU)",
}


class SettingsDialog(BaseDialog):
    """``settings()`` gives what was chosen."""

    def __init__(
        self, settings: Settings, devices_text: str, parent: QWidget | None = None
    ) -> None:
        super().__init__("Settings", parent)
        self._settings = settings
        self.theme = _choice(_THEMES, settings.theme)
        self.mouse = _choice(_MOUSE, settings.mouse_scheme)
        self.device = _choice(_DEVICES, settings.device)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(round(100 * settings.overlay_opacity))
        self._percent = QLabel()
        self.opacity.valueChanged.connect(lambda value: self._percent.setText(f"{value} %"))
        self._percent.setText(f"{self.opacity.value()} %")
        self.flips = QCheckBox("Run mirrored slices too (slower, shows where they agree)")
        self.flips.setChecked(settings.test_time_flips)
        self.names = QCheckBox("Hide patient names")
        self.names.setChecked(settings.hide_names)
        self.consent = ConsentList(settings.explain_consent)
        form = QFormLayout()
        form.setHorizontalSpacing(tokens.SPACE_16)
        form.setVerticalSpacing(tokens.SPACE_12)
        form.addRow("Theme", self.theme)
        form.addRow("Mouse", self.mouse)
        form.addRow("Compute on", self.device)
        form.addRow("", text_label(f"At present: {devices_text}", "small"))
        form.addRow("Outline opacity", self.opacity)
        form.addRow("", self._percent)
        form.addRow("Accuracy", self.flips)
        form.addRow("Privacy", self.names)
        form.addRow("Language model", self.consent)
        self.body.addLayout(form)
        self.body.addStretch(1)
        cancel = self.add_button("Cancel")
        cancel.clicked.connect(self.reject)
        save = self.add_button("Save", primary=True)
        save.clicked.connect(self.accept)

    def settings(self) -> Settings:
        """The settings as chosen; what the dialog does not show stays."""
        return replace(
            self._settings,
            theme=self.theme.currentData(),
            mouse_scheme=self.mouse.currentData(),
            device=self.device.currentData(),
            overlay_opacity=self.opacity.value() / 100.0,
            test_time_flips=self.flips.isChecked(),
            hide_names=self.names.isChecked(),
            explain_consent=self.consent.allowed,
        )


def _choice(options: dict[str, str], current: str) -> QComboBox:
    box = QComboBox()
    for value, text in options.items():
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(current)))
    return box
