"""Parts of the Export dialog: the formats to choose from, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import tokens
from tumordesk.gui.dialogs.base import scrolled
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, clear, label, tight
from tumordesk.session.export_names import Format
from tumordesk.session.exporting import FORMAT_NAMES, FORMATS, ExportReport

GROUPS: tuple[tuple[str, tuple[tuple[Format, str, str], ...]], ...] = (
    (
        "For a PACS",
        (
            ("seg", "&SEG outline", "DICOM Segmentation: the outline on the series' own slices"),
            ("sr", "S&R measurements", "DICOM Structured Report (TID 1500): the numbers"),
            ("sc", "&Key images", "DICOM Secondary Capture: pictures that every viewer shows"),
        ),
    ),
    (
        "For people",
        (
            ("pdf", "PD&F report", "Images, findings, explanation and how they came about"),
            ("png", "&PNG pictures", "Key images with outline and diameters"),
            ("csv", "&CSV table", "One row for each lesion, for a spreadsheet"),
        ),
    ),
    (
        "For programs",
        (
            ("nifti", "&NIfTI mask", "With a text file of its labels"),
            ("nrrd", "NR&RD mask", "With segment names, as 3D Slicer reads it"),
            ("json", "&JSON", "Everything that was measured, and by which model"),
        ),
    ),
)


class FormatChoice(QWidget):
    """Nine formats in three columns; what is refused is greyed, with the reason below."""

    changed = Signal()

    def __init__(self, chosen: Sequence[str], refusals: Mapping[Format, str]) -> None:
        super().__init__()
        self.boxes: dict[Format, QCheckBox] = {}
        self._remembered = tuple(chosen)
        column = tight(QVBoxLayout(self), tokens.SPACE_8)
        grid = QGridLayout()
        grid.setHorizontalSpacing(tokens.SPACE_16)
        grid.setVerticalSpacing(tokens.SPACE_4)
        for place, (title, formats) in enumerate(GROUPS):
            grid.addWidget(label(title, "heading"), 0, place)
            for row, (one, text, tip) in enumerate(formats, start=1):
                grid.addWidget(self._box(one, text, tip, refusals.get(one, "")), row, place)
            grid.setColumnStretch(place, 1)
        column.addLayout(grid)
        for reason, names in _reasons(refusals).items():
            column.addLayout(_reason_row(f"{names}: {reason}"))

    def _box(self, one: Format, text: str, tip: str, refused: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setToolTip(refused or tip)
        box.setAccessibleName(FORMAT_NAMES[one])
        box.setAccessibleDescription(refused or tip)
        box.setEnabled(not refused)
        box.setChecked(not refused and one in self._remembered)
        box.toggled.connect(self.changed)
        self.boxes[one] = box
        return box

    def chosen(self) -> tuple[Format, ...]:
        """The formats to write."""
        return tuple(one for one in FORMATS if self.boxes[one].isChecked())

    def remembered(self) -> tuple[str, ...]:
        """What to offer next time: what is refused today stays as it was."""
        return tuple(
            one
            for one in FORMATS
            if self.boxes[one].isChecked()
            or (not self.boxes[one].isEnabled() and one in self._remembered)
        )


def _reasons(refusals: Mapping[Format, str]) -> dict[str, str]:
    """Each reason once, with the formats that it refuses."""
    found: dict[str, list[str]] = {}
    for one in FORMATS:
        if refusals.get(one):
            found.setdefault(refusals[one], []).append(FORMAT_NAMES[one])
    return {reason: ", ".join(names) for reason, names in found.items()}


def _reason_row(text: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(tokens.SPACE_8)
    row.addWidget(IconLabel("info"), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(label(text, "small", wrap=True), 1)
    return row


class FolderRow(QWidget):
    """Where files go. ``folder`` is None until one was chosen."""

    changed = Signal()

    def __init__(self, folder: Path | None) -> None:
        super().__init__()
        self.folder = folder
        row = tight(QHBoxLayout(self), tokens.SPACE_8)
        self._text = ElidedLabel()
        self.choose = QPushButton("C&hoose…")
        self.choose.setAutoDefault(False)
        self.choose.setAccessibleName("Choose the folder")
        self.choose.clicked.connect(self._choose)
        row.addWidget(IconLabel("folder"))
        row.addWidget(self._text, 1)
        row.addWidget(self.choose)
        self._show()

    def set_folder(self, folder: Path) -> None:
        """Write into this folder."""
        self.folder = folder
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        known = self.folder is not None
        self._text.set_full(str(self.folder) if known else "No folder chosen yet")

    def _choose(self) -> None:
        start = str(self.folder) if self.folder is not None else ""
        dialog = QFileDialog(self, "Folder for the exported files", start)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.set_folder(Path(name)))
        dialog.open()


class Outcome(QWidget):
    """What became of each format: its files, or the reason why there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[Format, str] = {}
        column = tight(QVBoxLayout(self))
        area, self._rows = scrolled()
        column.addWidget(area)

    def show_report(self, report: ExportReport) -> None:
        """One row for each format that was asked for; failures first."""
        clear(self._rows)
        self.texts = {}
        for failure in report.failures:
            icon, tone = ("info", "") if failure.refused else ("error", "error")
            text = " ".join(part for part in (failure.reason, failure.hint) if part)
            self._add(failure.format, icon, tone, text)
        for one, paths in report.by_format:
            self._add(one, "check", "success", _names(paths))
        self._rows.addStretch(1)

    def _add(self, one: Format, icon: str, tone: str, text: str) -> None:
        self.texts[one] = text
        row = QWidget()
        line = tight(QHBoxLayout(row), tokens.SPACE_8)
        line.addWidget(IconLabel(icon, tone), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(FORMAT_NAMES[one]))
        if tone == "success":
            words.addWidget(ElidedLabel(text, "small"))
        else:
            words.addWidget(label(text, "small", tone, wrap=True))
        line.addLayout(words, 1)
        row.setAccessibleName(f"{FORMAT_NAMES[one]}: {text}")
        self._rows.addWidget(row)


def _names(paths: Sequence[Path]) -> str:
    if len(paths) > 3:
        return f"{paths[0].name} and {len(paths) - 1} more"
    return ", ".join(path.name for path in paths)
